/**
 * `recall`: what filtered and unfiltered searches of one shared shard find, and what they cost its server,
 * over sizes, kinds of index, selectivities and places of the filter; beside pgvector's own ways in plain
 * SQL. One search at a time, all ways in turn, CPU time of the server's processes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../src/client/client.ts";
import type { QuantizationInit } from "../../src/proto/generated/orrery/v1/Quantization.ts";
import type { SearchRequestInit } from "../../src/proto/generated/orrery/v1/SearchRequest.ts";
import { attributesOf, type Place, type TopicFilter, topicFilter } from "../../test/support/topic-filters.ts";
import { innerProduct, mixture, type TopicData, type TopicRecord, words } from "../../test/support/topics.ts";
import { waitFor } from "../../test/support/wait-for.ts";
import { backendCpuUs } from "../measure/backend-cpu.ts";
import type { Answer, CellRow } from "../measure/cell-row.ts";
import type { Options } from "../options.ts";
import { recallSummary, recallTable } from "../report/recall-table.ts";
import { machine, writeResult } from "../report/results.ts";
import { startCoordinator } from "../setup/coordinator.ts";
import { type Bench, withBench } from "../setup/with-bench.ts";
import { openPlainSql, type PlainSql } from "../systems/plain-sql.ts";

const TOP_K = 10;
const SELECTIVITIES = [0.5, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];
const PLACES: readonly Place[] = ["random", "near", "far"];
const WRITERS = 4;
const BATCH = 250;
/** A coordinator measures its indexes at once, and does nothing else meanwhile. */
const CALIBRATING = {
  ORRERY_RECALL_INTERVAL_MS: "1000",
  ORRERY_RECALL_CPU_SHARE: "1",
  ORRERY_RECALL_LEAST_ROWS: "4096",
  ORRERY_QUERY_STATISTICS_INTERVAL_MS: "5000",
} as const;
const CALIBRATION_LIMIT_MS = 600_000;
/** Some searches beforehand, so that statements are prepared and pages are in memory. */
const WARM_UP = 10;

interface Found {
  readonly keys: readonly string[];
  readonly reason?: string;
}

interface Loaded {
  readonly name: string;
  readonly data: TopicData;
}

interface Cell {
  readonly name: string;
  readonly request: SearchRequestInit;
  readonly filter: TopicFilter | undefined;
  readonly holds: (record: TopicRecord) => boolean;
  readonly namespace: string | undefined;
}

export function runRecall(options: Options): Promise<void> {
  return withBench(
    { ...options, workers: 1 },
    async () => undefined,
    async (bench) => {
      if (bench.watched.postgres.length === 0) throw new TypeError("the servers must be of this machine");
      const rows: CellRow[] = [];
      for (const size of options.sizes) {
        for (const kind of options.kinds) {
          const loaded = await load(bench, kind, size);
          for (const target of options.targets)
            rows.push(...(await measure(bench, loaded, { kind, size, target })));
          console.log(recallTable(rows.filter((row) => row.size === size && row.kind === kind)));
        }
      }
      const summary = recallSummary(rows);
      console.log(summary);
      const result = { machine: machine(), settings: bench.cluster.settings, options, rows };
      console.log(`\n${writeResult("recall.json", JSON.stringify(result, undefined, 1))}`);
    },
  );
}

/** `kind`: `none`, `half`, `binary`, or one of them with `words-` before. */
async function load(
  { coordinator, cluster, options }: Bench<undefined>,
  kind: string,
  size: number,
): Promise<Loaded> {
  const isWords = kind.startsWith("words-");
  const quantization = kind.replace("words-", "");
  const { queries, dimension } = options;
  const data = isWords ? words({ records: size, queries }) : mixture({ records: size, queries, dimension });
  const name = `recall_${kind}_${size}`;
  const client = createClient(coordinator.address);
  try {
    const { id } = await client.collection.createCollection({
      collection: {
        name,
        dimension: data.queries[0]?.length ?? 0,
        quantization: `QUANTIZATION_${quantization.toUpperCase()}` as QuantizationInit,
        shardCount: 1,
      },
    });
    for await (const { error } of client.operation.watchOperation({ id })) {
      if (error !== null && error.code !== 0) throw new Error(error.message);
    }
    console.error(`writing ${data.records.length} records to ${name} ...`);
    const batches = Array.from({ length: Math.ceil(data.records.length / BATCH) }, (_, i) =>
      data.records.slice(i * BATCH, (i + 1) * BATCH),
    ).values();
    const writer = async () => {
      for (const batch of batches)
        await client.vector.upsert({ collection: name, records: batch.map(recordOf) });
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
  } finally {
    client.close();
  }
  const [row] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = $1", [name]);
  await cluster.sql(`VACUUM ANALYZE public.${row?.table_name}`);
  return { name, data };
}

function recordOf(record: TopicRecord) {
  const { tags, chance } = attributesOf(record);
  return {
    namespace: namespaceOf(record.topic),
    key: record.key,
    vector: bytesOf(record.vector),
    value: `record ${record.key}`,
    tags: [...tags],
    metadata: { fields: { chance: { numberValue: chance } } },
  };
}

/** Ten tenants, of ten topics each. */
const namespaceOf = (topic: number) => `tenant-${topic % 10}`;

const bytesOf = (vector: Float32Array) => ({
  f32Le: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength),
});

interface Measured {
  readonly kind: string;
  readonly size: number;
  readonly target: number;
}

async function measure(
  bench: Bench<undefined>,
  { name, data }: Loaded,
  measured: Measured,
): Promise<readonly CellRow[]> {
  const { cluster } = bench;
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
    const before = backendCpuUs(pid);
    const { keys, reason } = await ask();
    return { ...judge(keys, truth), cpuUs: backendCpuUs(pid) - before, reason };
  };
  try {
    const rows: CellRow[] = [];
    const products = data.queries.map((query) =>
      data.records.map(({ vector }) => innerProduct(query, vector)),
    );
    for (const cellName of cellNames()) {
      const answers = new Map<string, Answer[]>();
      for (const [index, query] of data.queries.entries()) {
        const cell = cellOf(cellName, data, query);
        const truth = truthOf(data.records, products[index] as number[], cell);
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
          if (index === 0) for (let time = 0; time < WARM_UP; time += 1) await ask();
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

function cellNames(): readonly string[] {
  return [
    "none",
    "tenant, near",
    "tenant, far",
    ...PLACES.flatMap((place) => SELECTIVITIES.map((selectivity) => `${place} ${selectivity}`)),
  ];
}

function cellOf(name: string, data: TopicData, query: Float32Array): Cell {
  if (name === "none") {
    return {
      name,
      request: { allNamespaces: true },
      filter: undefined,
      holds: () => true,
      namespace: undefined,
    };
  }
  const [place, selectivity] = name.split(" ") as [string, string];
  if (place === "tenant,") {
    const products = data.centres.map((centre) => innerProduct(centre, query));
    const wanted = selectivity === "near" ? Math.max(...products) : Math.min(...products);
    const namespace = namespaceOf(products.indexOf(wanted));
    return {
      name,
      request: { namespaces: [namespace] },
      filter: undefined,
      holds: ({ topic }) => namespaceOf(topic) === namespace,
      namespace,
    };
  }
  const filter = topicFilter(data, query, { place: place as Place, selectivity: Number(selectivity) });
  return {
    name,
    request: { allNamespaces: true, filter: filter.message },
    filter,
    holds: filter.holds,
    namespace: undefined,
  };
}

interface Truth {
  readonly matching: number;
  /** Of the last of the best. */
  readonly least: number;
  readonly productOf: ReadonlyMap<string, number>;
}

/** Equal vectors differ by so much. */
const ROUNDING = 1e-6;

function truthOf(records: readonly TopicRecord[], products: readonly number[], { holds }: Cell): Truth {
  const productOf = new Map<string, number>();
  const matching: number[] = [];
  for (const [index, record] of records.entries()) {
    if (!holds(record)) continue;
    const product = products[index] as number;
    matching.push(product);
    productOf.set(record.key, product);
  }
  const best = Float64Array.from(matching).sort();
  return { matching: best.length, least: best[best.length - TOP_K] ?? Number.NEGATIVE_INFINITY, productOf };
}

function judge(keys: readonly string[], { least, productOf }: Truth) {
  let found = 0;
  for (const key of keys) {
    const product = productOf.get(key);
    if (product === undefined) throw new Error(`${key} does not match`);
    if (product >= least - ROUNDING) found += 1;
  }
  return { recall: Math.min(found, TOP_K) / TOP_K, isShort: keys.length < TOP_K };
}

/** Resolves when the recall of the collection was measured, and searches have heard of it. */
async function calibrated(cluster: Bench<undefined>["cluster"], collection: string): Promise<void> {
  const isMeasured = async () => {
    const rows = await cluster.sql(
      "SELECT FROM orrery.vector_indexes v JOIN orrery.collections c ON c.id = v.collection_id WHERE c.name = $1",
      [collection],
    );
    return rows.length > 0;
  };
  await waitFor(isMeasured, {
    what: `a calibration of ${collection}`,
    intervalMs: 500,
    timeoutMs: CALIBRATION_LIMIT_MS,
  });
  await sleep(3_000);
}

async function ownerOf(cluster: Bench<undefined>["cluster"], collection: string) {
  const [row] = await cluster.sql(
    `SELECT s.shard_name, p.groupid FROM orrery.collections c
JOIN citus_shards s ON s.table_name = c.table_name::regclass
JOIN pg_dist_placement p ON p.shardid = s.shardid WHERE c.name = $1`,
    [collection],
  );
  const node = cluster.nodes.find(({ group }) => group === Number(row?.groupid));
  if (node === undefined) throw new Error(`no owner of ${collection}`);
  return { url: node.url, pid: node.pid, shard: `public.${row?.shard_name}` };
}
