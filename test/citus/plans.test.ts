import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type SearchInput, searchStatement } from "../../src/shards/sql/search.ts";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { Collection, Quantization } from "../../src/topology/shard-map.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { clusteredVectors } from "../support/clustered-vectors.ts";
import { type Stack, startStack, within } from "../support/stack.ts";

const DIMENSION = 32;
const { vectors, queries } = clusteredVectors({ count: 6_000, queryCount: 1, dimension: DIMENSION, seed: 3 });

let cluster: CitusCluster;
let stack: Stack;

const limit = () => AbortSignal.timeout(60_000);

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 1 });
  stack = await startStack({ url: cluster.adminUrl });
  await stack.engine.migrate(limit());
  for (const quantization of ["none", "half", "binary"] as const) {
    const hnsw = { m: 16, efConstruction: 64 };
    await stack.engine.createCollection(
      { name: quantization, dimension: DIMENSION, quantization, hnsw, shardCount: 2 },
      limit(),
    );
    await stack.reload();
    const records = vectors.map((vector, i) => ({ namespace: `ns-${i % 40}`, key: `k${i}`, vector }));
    await stack.write.upsert({ collection: quantization, records, mode: "upsert" }, within(60_000));
    await cluster.sql(`ANALYZE public.${collectionOf(quantization).table}`);
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

/** The plan of the statement as the worker runs it when it was prepared long ago. */
async function explain(
  quantization: Quantization,
  { strategy, shardKeys }: Pick<SearchInput["branches"][number], "strategy" | "shardKeys">,
): Promise<string> {
  const collection = collectionOf(quantization);
  const branches = collection.shards.map(({ id: shardId }) => ({
    relation: stack.engine.readRelation(collection, shardId),
    shardId,
    shardKeys,
    strategy,
    limit: 10,
    efSearch: 100,
  }));
  const [vector] = queries;
  if (vector === undefined) throw new Error("no query");
  const wanted = { value: true, metadata: false, vector: false };
  const input = { vector, quantization, branches, mostRows: 10, candidates: 40, wanted };
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

const count = (plan: string, pattern: RegExp) => plan.match(pattern)?.length ?? 0;

describe.each(["none", "half", "binary"] as const)("a search with quantization %s", (quantization) => {
  const table = () => collectionOf(quantization).table;

  it("uses the HNSW index on every shard when it is approximate", async () => {
    const plan = await explain(quantization, { strategy: "ann", shardKeys: "all" });
    expect(count(plan, new RegExp(`Index Scan using "?${table()}_hnsw_\\d+`, "g"))).toBe(2);
    expect(plan).not.toMatch(/Seq Scan/);
  });

  it("never uses it when it is exact, and the primary key for one namespace", async () => {
    const plan = await explain(quantization, { strategy: "exact", shardKeys: ["ns-1"] });
    expect(plan).not.toMatch(/_hnsw_/);
    expect(count(plan, new RegExp(`"?${table()}_pkey_\\d+`, "g"))).toBe(2);
  });

  it.each(["ann", "exact"] as const)(
    "runs the fence once a shard, before the first row (%s)",
    async (strategy) => {
      const plan = await explain(quantization, { strategy, shardKeys: "all" });
      expect(count(plan, /InitPlan/g)).toBe(2);
      expect(count(plan, /One-Time Filter/g)).toBe(2);
      const runs = [...plan.matchAll(/InitPlan[^\n]*\n[^\n]*Result \(actual rows=1 loops=(\d+)\)/g)].map(
        ([, loops]) => loops,
      );
      expect(runs).toEqual(["1", "1"]);
    },
  );
});
