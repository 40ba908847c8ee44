/** A table of LanceDB, in this process, its files in a folder. */
import type { TopicRecord } from "../../../test/support/topics.ts";
import { PEER_TOP_K, type PeerFilter } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, LINKS } from "../adapter.ts";
import { loadPackage } from "../load-package.ts";
import { createArrayOf } from "./array-of.ts";

interface VectorQuery {
  distanceType(type: string): this;
  ef(ef: number): this;
  nprobes(count: number): this;
  refineFactor(factor: number): this;
  where(condition: string): this;
  select(columns: readonly string[]): this;
  limit(count: number): this;
  toArray(): Promise<readonly { readonly key: string }[]>;
}

interface LanceTable {
  add(rows: readonly object[]): Promise<unknown>;
  mergeInsert(on: string): {
    whenMatchedUpdateAll(): {
      whenNotMatchedInsertAll(): { execute(rows: readonly object[]): Promise<unknown> };
    };
  };
  createIndex(column: string, options?: { readonly config: unknown }): Promise<void>;
  optimize(): Promise<unknown>;
  query(): { nearestTo(vector: readonly number[]): VectorQuery };
}

interface LancePackage {
  connect(
    folder: string,
  ): Promise<{ createTable(name: string, rows: readonly object[]): Promise<LanceTable> }>;
  readonly Index: { hnswSq(options: object): unknown };
}

/** The index has vectors of a byte a number; the best so many times ten are compared with those stored. */
const REFINE = 4;

export async function openLancedb(spec: Extract<AdapterSpec, { kind: "lancedb" }>): Promise<Adapter> {
  const { connect, Index } = await loadPackage<LancePackage>(spec.modules, "@lancedb/lancedb");
  const database = await connect(spec.folder);
  let table: LanceTable | undefined;
  let isIndexed = false;
  let width = 40;
  const arrayOf = createArrayOf();
  const opened = () => {
    if (table === undefined) throw new Error("nothing was written");
    return table;
  };
  return {
    async write(records) {
      const rows = records.map(rowOf);
      if (table === undefined) table = await database.createTable("bench", rows);
      else if (!isIndexed) await table.add(rows);
      else await table.mergeInsert("key").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(rows);
    },
    async finish() {
      if (!isIndexed) {
        await opened().optimize();
        const graph = { distanceType: "cosine", numPartitions: 1, m: LINKS, efConstruction: BUILD_WIDTH };
        await opened().createIndex("vector", { config: Index.hnswSq(graph) });
        await opened().createIndex("chance");
        await opened().createIndex("topic");
        isIndexed = true;
      }
      await opened().optimize();
    },
    async setWidth(wanted) {
      width = wanted;
    },
    async search({ vector, filter }) {
      const query = opened().query().nearestTo(arrayOf(vector)).distanceType("cosine").nprobes(1);
      const wide = query.ef(Math.max(width, PEER_TOP_K * REFINE)).refineFactor(REFINE);
      const asked = filter === undefined ? wide : wide.where(condition(filter));
      const rows = await asked.select(["key", "_distance"]).limit(PEER_TOP_K).toArray();
      return rows.map(({ key }) => key);
    },
    close: async () => {},
  };
}

function rowOf({ key, vector, chance, topic }: TopicRecord): object {
  return { key, vector: Array.from(vector), chance, topic };
}

function condition(filter: PeerFilter): string {
  if (filter.kind === "chance-below") return `chance < ${filter.below}`;
  return `topic IN (${filter.topics.join(",")})`;
}
