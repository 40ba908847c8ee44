import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Filter } from "../../src/shards/sql/filter.ts";
import { type SearchBranch, searchStatement } from "../../src/shards/sql/search.ts";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { Collection } from "../../src/topology/shard-map.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { clusteredVectors } from "../support/clustered-vectors.ts";
import { type Stack, startStack, within } from "../support/stack.ts";

const DIMENSION = 32;
/** One collection per quantization, and one without statistics, as after a move. */
const NEW = "new";
const { vectors, queries } = clusteredVectors({ count: 6_000, queryCount: 1, dimension: DIMENSION, seed: 3 });

let cluster: CitusCluster;
let stack: Stack;

const YEAR: Filter = { kind: "gt", path: ["year"], value: 2000 };

const limit = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1 });
  stack = await startStack({ url: cluster.adminUrl });
  await stack.engine.migrate(limit());
  for (const name of ["none", "half", "binary", NEW] as const) {
    const quantization = name === NEW ? "none" : name;
    const hnsw = { m: 16, efConstruction: 64 };
    await stack.engine.createCollection(
      { name, dimension: DIMENSION, metric: "cosine", quantization, hnsw, shardCount: 2 },
      limit(),
    );
    await stack.reload();
    const { table } = collectionOf(name);
    // Autovacuum could collect statistics at any moment.
    if (name === NEW) await cluster.sql(`ALTER TABLE public.${table} SET (autovacuum_enabled = off)`);
    const records = vectors.map((vector, i) => ({ namespace: `ns-${i % 40}`, key: `k${i}`, vector }));
    await stack.write.upsert({ collection: name, records, mode: "upsert" }, within(60_000));
    if (name !== NEW) await cluster.sql(`ANALYZE public.${table}`);
  }
});

afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
});

function collectionOf(name: string): Collection {
  const collection = stack.topology.current().collections.find((other) => other.name === name);
  if (collection === undefined) throw new Error(`no collection ${name}`);
  return collection;
}

type Asked = Pick<SearchBranch, "strategy" | "shardKeys"> & {
  readonly scanned?: number;
  readonly filter?: Filter;
};

/** The generic plan of the statement, which a worker uses for one prepared long ago. */
async function explain(name: string, { strategy, shardKeys, scanned, filter }: Asked): Promise<string> {
  const collection = collectionOf(name);
  const { quantization } = collection;
  const branches = collection.shards.map(({ id: shardId }) => ({
    relation: stack.engine.readRelation(collection, shardId),
    isHere: stack.engine.isHere?.(shardId),
    shardId,
    shardKeys,
    strategy,
    limit: 10,
    efSearch: 100,
    candidates: 40,
    bound: scanned === undefined ? undefined : { scanned, taken: 40 },
  }));
  const [vector] = queries;
  if (vector === undefined) throw new Error("no query");
  const wanted = { value: true, metadata: false, vector: false };
  const input = { vector, metric: "cosine" as const, quantization, branches, mostRows: 10, wanted, filter };
  const { text, values } = searchStatement(input);
  const bound = values.map((value) => (value instanceof Float32Array ? encodeVector(value) : value));
  const [worker] = cluster.workers;
  const url = `${worker?.adminUrl}?options=${encodeURIComponent("-c plan_cache_mode=force_generic_plan -c jit=off")}`;
  const { Client } = await import("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) ${text}`, bound);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  } finally {
    await client.end();
  }
}

/** Of records; the fence reads a catalog of one row. */
const SEQ_SCAN = /Seq Scan on (?!pg_dist_local_group)/;
const count = (plan: string, pattern: RegExp) => plan.match(pattern)?.length ?? 0;

describe.each(["none", "half", "binary"] as const)("statements with quantization %s", (quantization) => {
  const table = () => collectionOf(quantization).table;

  it("an approximate search uses the HNSW index on every shard", async () => {
    const plan = await explain(quantization, { strategy: "ann", shardKeys: "all" });
    expect(count(plan, new RegExp(`Index Scan using "?${table()}_hnsw_\\d+`, "g"))).toBe(2);
    expect(plan).not.toMatch(SEQ_SCAN);
  });

  it.each([
    { shardKeys: ["ns-1"] },
    { shardKeys: ["ns-1", "ns-2"] },
    { shardKeys: ["ns-1"], filter: YEAR },
    { shardKeys: "all", filter: YEAR },
  ] as const)("a bounded search of %j uses no index but HNSW, however far it scans", async (asked) => {
    for (const scanned of [100, 375, 750]) {
      const plan = await explain(quantization, { ...asked, strategy: "ann", scanned });
      expect(count(plan, new RegExp(`Index Scan using "?${table()}_hnsw_\\d+`, "g"))).toBe(2);
      expect(plan).not.toMatch(/_pkey_/);
      expect(plan).not.toMatch(SEQ_SCAN);
    }
  });

  it("an exact search of one namespace uses the primary key and never the HNSW index", async () => {
    const plan = await explain(quantization, { strategy: "exact", shardKeys: ["ns-1"] });
    expect(plan).not.toMatch(/_hnsw_/);
    expect(count(plan, new RegExp(`"?${table()}_pkey_\\d+`, "g"))).toBe(2);
  });

  it.each(["ann", "exact"] as const)(
    "the fence of a search (%s) runs once per shard, before the first row",
    async (strategy) => {
      const plan = await explain(quantization, { strategy, shardKeys: "all" });
      expect(count(plan, /One-Time Filter/g)).toBe(2);
      const runs = [...plan.matchAll(/ on pg_dist_placement p\S* \(actual rows=1 loops=(\d+)\)/g)].map(
        ([, loops]) => loops,
      );
      expect(runs).toEqual(["1", "1"]);
    },
  );
});

describe("a shard without statistics", () => {
  it.each([[["ns-1"]], [["ns-1", "ns-2"]]])(
    "a bounded search of %j uses the HNSW index",
    async (shardKeys) => {
      const plan = await explain(NEW, { strategy: "ann", shardKeys, scanned: 1000 });
      expect(count(plan, /_hnsw_\d+/g)).toBe(2);
      expect(plan).not.toMatch(/_pkey_/);
      expect(plan).not.toMatch(SEQ_SCAN);
    },
  );
});
