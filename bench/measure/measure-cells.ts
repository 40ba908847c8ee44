/**
 * What searches of one shared shard find, and what they cost its server, cell by cell: by Orrery, by
 * comparing all, and by pgvector's own ways in plain SQL. One search at a time, all ways in turn, CPU time of
 * the server's processes.
 */
import { createClient } from "../../src/client/client.ts";
import { innerProduct } from "../../test/support/topics.ts";
import { type Cell, cellNames, cellOf } from "../data/topic-cells.ts";
import { judge, type Truth, truthOf } from "../data/truth.ts";
import { startCoordinator } from "../setup/coordinator.ts";
import { bytesOf, calibrated, ownerOf, type TopicCollection } from "../setup/topic-collection.ts";
import type { Bench } from "../setup/with-bench.ts";
import { openPlainSql, type PlainSql } from "../systems/plain-sql.ts";
import { backendCpu, cpuUsBetween } from "./backend-cpu.ts";
import type { Answer, CellRow } from "./cell-row.ts";

const TOP_K = 10;
/** A coordinator measures its indexes at once, and does nothing else meanwhile. */
const CALIBRATING = {
  ORRERY_RECALL_INTERVAL_MS: "1000",
  ORRERY_RECALL_CPU_SHARE: "1",
  ORRERY_RECALL_LEAST_ROWS: "4096",
  ORRERY_QUERY_STATISTICS_INTERVAL_MS: "5000",
} as const;
/** Some searches beforehand, so that statements are prepared and pages are in memory. */
const WARM_UP = 10;

interface Found {
  readonly keys: readonly string[];
  readonly reason?: string;
}

export type Measured = Pick<CellRow, "kind" | "size" | "target">;

/** One row a cell; a query that a cell has fewer than ten records for is left out there. */
export async function measureCells(
  bench: Bench<undefined>,
  { name, data }: TopicCollection,
  measured: Measured,
): Promise<readonly CellRow[]> {
  const { cluster, options } = bench;
  const owner = await ownerOf(cluster, name);
  const pid = owner.pid as number;
  // With the statistics of what was written.
  const coordinator = await startCoordinator({
    citusUrl: cluster.url,
    efSearch: undefined,
    settings: CALIBRATING,
  });
  if (measured.size >= Number(CALIBRATING.ORRERY_RECALL_LEAST_ROWS)) await calibrated(cluster, name);
  const client = createClient(coordinator.address);
  const sql = await openPlainSql(cluster, owner, name);
  const timed = async (ask: () => Promise<Found>, truth: Truth): Promise<Answer> => {
    const before = backendCpu(pid);
    const { keys, reason } = await ask();
    return { ...judge(keys, truth), cpuUs: cpuUsBetween(before, backendCpu(pid)), reason };
  };
  try {
    const rows: CellRow[] = [];
    const products = data.queries.map((query) =>
      data.records.map(({ vector }) => innerProduct(query, vector)),
    );
    for (const cellName of cellNames(options.selectivities)) {
      const answers = new Map<string, Answer[]>();
      for (const [index, query] of data.queries.entries()) {
        const cell = cellOf(cellName, data, query);
        const truth = truthOf(data.records, products[index] ?? [], { topK: TOP_K, holds: cell.holds });
        if (truth.matching < TOP_K) continue;
        const orrery = (more: object) => async () => {
          const { hits, profile } = await client.vector.search({
            collection: name,
            vector: bytesOf(query),
            topK: TOP_K,
            includeValue: false,
            includeProfile: true,
            ...cell.request,
            params: more,
          });
          const [target] = profile?.targets ?? [];
          const reason = `${target?.reason} ef ${target?.efSearch} rows ${target?.rowsScanned}`;
          return { keys: hits.map(({ key }) => key), reason };
        };
        const ways: Readonly<Record<string, () => Promise<Found>>> = {
          orrery: orrery({ recallTarget: measured.target }),
          exact: orrery({ exact: true }),
          ...plainWays(sql, query, cell),
        };
        for (const [way, ask] of shuffledFrom(index, Object.entries(ways))) {
          if (!answers.has(way)) for (let time = 0; time < WARM_UP; time += 1) await ask();
          const list = answers.get(way) ?? [];
          list.push(await timed(ask, truth));
          answers.set(way, list);
        }
      }
      rows.push({ ...measured, cell: cellName, answers: Object.fromEntries(answers) });
    }
    return rows;
  } finally {
    await sql.close();
    client.close();
    await coordinator.stop();
  }
}

/** In another order for each query, so that none is always the one after another. */
function shuffledFrom<T>(index: number, all: readonly T[]): readonly T[] {
  return [...all.slice(index % all.length), ...all.slice(0, index % all.length)];
}

/** pgvector's ways, each with 40, 100 and 400 of ef_search; off: without iterative scans. */
function plainWays(sql: PlainSql, query: Float32Array, { filter, namespace }: Cell) {
  const ask = (settings: Readonly<Record<string, string>>) => async () => ({
    keys: await sql.nearest({ query, filter: filter?.filter, namespace, topK: TOP_K, settings }),
  });
  const iterative = (efSearch: number) => ({
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": String(efSearch),
    "hnsw.max_scan_tuples": "20000",
  });
  return {
    off: ask({ "hnsw.iterative_scan": "off", "hnsw.ef_search": "40" }),
    "relaxed 40": ask(iterative(40)),
    "relaxed 100": ask(iterative(100)),
    "relaxed 400": ask(iterative(400)),
  };
}
