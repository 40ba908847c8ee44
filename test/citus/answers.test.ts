import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Hit, Scope, SearchParams, SearchRequest } from "../../src/query/types.ts";
import type { Quantization } from "../../src/topology/shard-map.ts";
import { bruteForce, expectSameHits, recall } from "../support/brute-force.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { clusteredVectors } from "../support/clustered-vectors.ts";
import { type Stack, startStack, within } from "../support/stack.ts";

const DIMENSION = 64;
const NAMESPACES = 10;
const COUNT = 50_000;
const QUERIES = 40;

const { vectors, queries } = clusteredVectors({
  count: COUNT,
  queryCount: QUERIES,
  dimension: DIMENSION,
  seed: 7,
});

interface TestRecord {
  readonly namespace: string;
  readonly key: string;
  readonly vector: Float32Array;
}

const records: readonly TestRecord[] = vectors.map((vector, i) => ({
  namespace: `ns-${i % NAMESPACES}`,
  key: `key-${i}`,
  vector,
}));

let cluster: CitusCluster;
let stack: Stack;

const limit = () => AbortSignal.timeout(60_000);

function request(
  collection: string,
  vector: Float32Array,
  scope: Scope,
  params: SearchParams = {},
  topK = 10,
): SearchRequest {
  return {
    collection,
    scope,
    query: { kind: "vector", vector },
    topK,
    params,
    allowPartial: false,
    include: { value: false, metadata: false, vector: false },
    includeProfile: true,
  };
}

const search = async (...args: Parameters<typeof request>) =>
  (await stack.query.search(request(...args), within(30_000))).hits;

async function load(
  {
    name: collection,
    quantization,
    shardCount = 6,
  }: { name: string; quantization: Quantization; shardCount?: number },
  records: readonly TestRecord[],
): Promise<void> {
  const hnsw = { m: 16, efConstruction: 64 };
  const dimension = records[0]?.vector.length ?? 0;
  await stack.engine.createCollection(
    { name: collection, dimension, metric: "cosine", quantization, hnsw, shardCount },
    limit(),
  );
  await stack.reload();
  for (let at = 0; at < records.length; at += 5_000) {
    const batch = records.slice(at, at + 5_000);
    const results = await stack.write.upsert({ collection, records: batch, mode: "upsert" }, within(60_000));
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  }
}

async function analyse(collection: string): Promise<void> {
  const found = stack.topology.current().collections.find(({ name }) => name === collection);
  await cluster.sql(`ANALYZE public.${found?.table}`);
  await stack.readStatistics();
}

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2, settings: { synchronous_commit: "off" } });
  stack = await startStack({ url: cluster.adminUrl });
  await stack.engine.migrate(limit());
  await load({ name: "plain", quantization: "none" }, records);
});

afterAll(async () => {
  await stack?.stop();
  await cluster?.stop();
});

const scopes: readonly (readonly [string, Scope])[] = [
  ["one namespace", { kind: "namespaces", namespaces: ["ns-3"] }],
  ["several namespaces", { kind: "namespaces", namespaces: ["ns-1", "ns-4", "ns-7", "ns-9"] }],
  ["all namespaces", { kind: "all" }],
];

function oracle(query: Float32Array, scope: Scope, topK = 10, all = records) {
  const inScope =
    scope.kind === "all" ? all : all.filter(({ namespace }) => scope.namespaces.includes(namespace));
  return bruteForce(inScope, query, topK);
}

/** The best of what the index of every shard finds when it is asked for all of `topK`. */
async function askIndexes(
  collection: string,
  query: Float32Array,
  { efSearch, topK }: { readonly efSearch: number; readonly topK: number },
): Promise<readonly Pick<Hit, "namespace" | "key" | "similarity">[]> {
  const table = stack.topology.current().collections.find(({ name }) => name === collection)?.table;
  const shards = await cluster.sql(
    "SELECT shard_name, nodeport FROM citus_shards WHERE table_name = $1::regclass",
    [table],
  );
  const found = await Promise.all(
    cluster.workers.map(async (worker) => {
      const client = new pg.Client(worker.url());
      await client.connect();
      try {
        await client.query(`SET hnsw.ef_search = ${efSearch}; SET enable_seqscan = off`);
        const here = shards.filter(({ nodeport }) => nodeport === worker.port);
        const texts = here.map(
          ({ shard_name }) =>
            `(SELECT namespace, key, embedding <=> $1 AS distance FROM ${shard_name} ORDER BY 3 LIMIT ${topK})`,
        );
        return (await client.query(texts.join(" UNION ALL "), [`[${query.join(",")}]`])).rows;
      } finally {
        await client.end();
      }
    }),
  );
  return found
    .flat()
    .sort((a, b) => a.distance - b.distance)
    .slice(0, topK)
    .map(({ namespace, key, distance }) => ({ namespace, key, similarity: 1 - distance }));
}

const names = (hits: readonly Pick<Hit, "namespace" | "key">[]) =>
  hits.map(({ namespace, key }) => `${namespace}/${key}`);

describe.each([
  ["without statistics", false],
  ["with statistics", true],
])("searches %s", (_, analysed) => {
  beforeAll(async () => {
    if (analysed) {
      await analyse("plain");
    }
  });

  it.each(scopes)("an exact search equals brute force for %s", async (_name, scope) => {
    for (const query of queries.slice(0, 10)) {
      expectSameHits(await search("plain", query, scope, { exact: true }, 25), oracle(query, scope, 25));
    }
  });

  it.each(scopes)(
    "an index search returns a full page with recall of at least 0.99 for %s",
    async (_name, scope) => {
      let sum = 0;
      for (const query of queries) {
        const hits = await search("plain", query, scope);
        expect(hits).toHaveLength(10);
        sum += recall(names(hits), names(oracle(query, scope)));
      }
      expect(sum / queries.length).toBeGreaterThanOrEqual(0.99);
    },
  );
});

describe("queries by record", () => {
  it("a query by record answers like a query by its vector, with the record first", async () => {
    const record = records[4321];
    if (record === undefined) throw new Error("no record");
    const base = request("plain", record.vector, { kind: "all" }, { exact: true });
    const { hits } = await stack.query.search({ ...base, query: { kind: "record", record } }, within(10_000));
    expectSameHits(hits, oracle(record.vector, { kind: "all" }));
    expect(hits[0]).toMatchObject({ namespace: record.namespace, key: record.key });
  });

  it("a query by a record that does not exist fails with RECORD_NOT_FOUND", async () => {
    const record = { namespace: "ns-1", key: "nobody" };
    const base = request("plain", new Float32Array(DIMENSION), { kind: "all" });
    await expect(
      stack.query.search({ ...base, query: { kind: "record", record } }, within(10_000)),
    ).rejects.toMatchObject({
      code: "RECORD_NOT_FOUND",
    });
  });
});

describe.each(["half", "binary"] as const)("quantization %s", (quantization) => {
  const dimension = 256;
  const made = clusteredVectors({ count: 6_000, queryCount: 30, dimension, seed: 11 });
  const all = made.vectors.map((vector, i) => ({ namespace: `ns-${i % 4}`, key: `key-${i}`, vector }));

  beforeAll(async () => {
    await load({ name: quantization, quantization, shardCount: 3 }, all);
    await analyse(quantization);
  });

  it.each(scopes.filter(([name]) => name !== "several namespaces"))(
    "an exact search of a quantized collection equals brute force for %s",
    async (_name, scope) => {
      for (const query of made.queries.slice(0, 5)) {
        expectSameHits(
          await search(quantization, query, scope, { exact: true }, 20),
          oracle(query, scope, 20, all),
        );
      }
    },
  );

  it("an index search of a quantized collection orders its hits by exact similarity", async () => {
    let sum = 0;
    for (const query of made.queries) {
      const hits = await search(quantization, query, { kind: "all" });
      const exact = new Map(
        oracle(query, { kind: "all" }, all.length, all).map((hit) => [names([hit])[0], hit.similarity]),
      );
      for (const hit of hits) expect(hit.similarity).toBeCloseTo(exact.get(names([hit])[0]) ?? Number.NaN, 5);
      sum += recall(names(hits), names(oracle(query, { kind: "all" }, 10, all)));
    }
    expect(sum / made.queries.length).toBeGreaterThanOrEqual(0.95);
  });

  it("oversampling raises the recall of a quantized collection", async () => {
    const found = async (oversampling: number) => {
      let sum = 0;
      for (const query of made.queries) {
        const hits = await search(quantization, query, { kind: "all" }, { oversampling, efSearch: 10 });
        sum += recall(names(hits), names(oracle(query, { kind: "all" }, 10, all)));
      }
      return sum / made.queries.length;
    };
    const [little, much] = [await found(1), await found(8)];
    if (quantization === "binary") expect(much).toBeGreaterThan(little);
    else expect(much).toBeGreaterThanOrEqual(little);
  });
});

describe("undersampling", () => {
  const topics = 8;
  const all = vectors.slice(0, 8_000).map((vector, i) => {
    const about = Float32Array.from(vector, (value, axis) => value / 4 + (axis === i % topics ? 8 : 0));
    return { namespace: `topic-${i % topics}`, key: `key-${i}`, vector: about };
  });

  beforeAll(async () => {
    await load({ name: "topics", quantization: "none" }, all);
    await analyse("topics");
  });

  it("a second round finds every hit that the indexes can find when the nearest records lie in one namespace", async () => {
    for (let topic = 0; topic < topics; topic += 1) {
      const query = (all[topic] as TestRecord).vector;
      for (const exact of [true, false]) {
        const asked = request("topics", query, { kind: "all" }, { exact, efSearch: 400 }, 50);
        const { hits, profile } = await stack.query.search(asked, within(30_000));
        const expected = oracle(query, { kind: "all" }, 50, all);
        expect(new Set(expected.map(({ namespace }) => namespace))).toEqual(new Set([`topic-${topic}`]));
        if (exact) expectSameHits(hits, expected);
        else {
          // An index finds what its build, which is random, lets it find. A shard that was compared has more.
          const found = await askIndexes("topics", query, { efSearch: 400, topK: 50 });
          for (const [index, { similarity }] of hits.entries())
            expect(similarity).toBeGreaterThan((found[index]?.similarity ?? 1) - 1e-5);
        }
        expect(profile.filter(({ rounds, rows }) => rounds === 2 && rows === 50)).not.toEqual([]);
        expect(profile.filter(({ rounds, rows }) => rounds === 1 && rows < 50)).not.toEqual([]);
      }
    }
  });
});

describe("400 equal namespaces in one shard", () => {
  const made = clusteredVectors({ count: 8_000, queryCount: 5, dimension: 16, seed: 5 });
  const all = made.vectors.map((vector, i) => ({ namespace: `tenant-${i % 400}`, key: `key-${i}`, vector }));
  const strategies = async (scope: Scope) => {
    const [query] = made.queries;
    if (query === undefined) throw new Error("no query");
    const { profile, hits } = await stack.query.search(request("tenants", query, scope), within(10_000));
    expectSameHits(hits, oracle(query, scope, 10, all));
    return profile.map(({ strategy }) => strategy);
  };

  beforeAll(async () => {
    await load({ name: "tenants", quantization: "none", shardCount: 1 }, all);
    await analyse("tenants");
  });

  it("a search of one of 400 equal namespaces is exact, whether or not it is among the most common values", async () => {
    const shard = stack.topology.current().collections.find(({ name }) => name === "tenants")?.shards[0];
    expect(shard).toBeDefined();
    for (let tenant = 0; tenant < 400; tenant += 13) {
      expect(await strategies({ kind: "namespaces", namespaces: [`tenant-${tenant}`] })).toEqual(["exact"]);
    }
  });

  it("a search of 400 equal namespaces together uses the index", async () => {
    const [query] = made.queries;
    if (query === undefined) throw new Error("no query");
    const { profile } = await stack.query.search(request("tenants", query, { kind: "all" }), within(10_000));
    expect(profile.map(({ strategy }) => strategy)).toEqual(["ann"]);
  });
});
