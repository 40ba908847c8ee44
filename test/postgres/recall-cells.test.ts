/**
 * What filtered searches find: two sizes of a shard, three selectivities, records near the query, far from it
 * and anywhere. The whole table, with what it costs, is `npm run bench -- recall`.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FilterInit } from "../../src/proto/generated/orrery/v1/Filter.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { attributesOf, type Place, topicFilter } from "../support/topic-filters.ts";
import { innerProduct, mixture, type TopicData, type TopicRecord } from "../support/topics.ts";
import { waitFor } from "../support/wait-for.ts";

const DIMENSION = 32;
const QUERIES = 12;
const TOP_K = 10;
const BATCH = 500;
const SIZES = [1_500, 12_000];

let server: PostgresServer;
let coordinator: TestCoordinator;
const data = new Map(
  SIZES.map((size) => [size, mixture({ records: size, queries: QUERIES, dimension: DIMENSION })]),
);
const nameOf = (size: number) => `cells-${size}`;
const bytesOf = (vector: Float32Array) => ({ f32Le: new Uint8Array(vector.slice().buffer) });

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.url(),
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "200",
    // What is assumed has to do until the first measurement.
    ORRERY_RECALL_ENABLED: "false",
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
  for (const [size, { records }] of data) await load(nameOf(size), records);
}, 120_000);

afterAll(async () => {
  await coordinator?.stop();
  await server?.stop();
});

async function load(name: string, records: readonly TopicRecord[]): Promise<void> {
  const { client } = coordinator;
  const collection = { name, dimension: DIMENSION, shardCount: 1 };
  await finished(coordinator, await client.collection.createCollection({ collection }));
  for (let at = 0; at < records.length; at += BATCH) {
    const batch = records.slice(at, at + BATCH).map((record) => {
      const { tags, chance } = attributesOf(record);
      const metadata = { fields: { chance: { numberValue: chance } } };
      const tagged = { key: record.key, vector: bytesOf(record.vector), tags: [...tags], metadata };
      return { namespace: `tenant-${record.topic % 10}`, ...tagged };
    });
    await client.vector.upsert({ collection: name, records: batch });
  }
  await server.sql("ANALYZE");
  const isKnown = async () => {
    const { profile } = await search(name, records[0]?.vector ?? new Float32Array(DIMENSION));
    return profile?.targets[0]?.reason !== "no_statistics";
  };
  await waitFor(isKnown, { what: `statistics of ${name}` });
}

function search(collection: string, vector: Float32Array, filter?: FilterInit) {
  return coordinator.client.vector.search({
    collection,
    allNamespaces: true,
    vector: bytesOf(vector),
    topK: TOP_K,
    includeProfile: true,
    ...(filter !== undefined && { filter }),
  });
}

/** The part of the nearest that the answer has; it is short of none that there are. */
function recallOf(keys: readonly string[], query: Float32Array, matching: readonly TopicRecord[]): number {
  const products = new Map(matching.map(({ key, vector }) => [key, innerProduct(query, vector)]));
  const best = [...products.values()].sort((a, b) => b - a).slice(0, TOP_K);
  expect(keys).toHaveLength(best.length);
  const least = (best.at(-1) ?? 0) - 1e-6;
  return keys.filter((key) => (products.get(key) ?? Number.NEGATIVE_INFINITY) >= least).length / best.length;
}

async function recallsOf(size: number, cell?: { readonly place: Place; readonly selectivity: number }) {
  const { records, queries } = data.get(size) as TopicData;
  const recalls: number[] = [];
  const reasons = new Set<string>();
  for (const query of queries) {
    const filter = cell && topicFilter(data.get(size) as TopicData, query, cell);
    const matching = records.filter((record) => filter?.holds(record) !== false);
    const { hits, profile } = await search(nameOf(size), query, filter?.message);
    reasons.add(String(profile?.targets[0]?.reason));
    recalls.push(
      recallOf(
        hits.map(({ key }) => key),
        query,
        matching,
      ),
    );
  }
  return { recalls, reasons };
}

describe.each(SIZES)("a shard of %i records", (size) => {
  it.each(
    (["random", "near", "far"] as const).flatMap((place) =>
      [0.3, 0.03, 0.003].map((selectivity) => ({ place, selectivity })),
    ),
  )("a filter $place that holds for $selectivity of them has the recall of its collection", async (cell) => {
    const { recalls } = await recallsOf(size, cell);
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / QUERIES).toBeGreaterThanOrEqual(0.95);
    expect(Math.min(...recalls)).toBeGreaterThanOrEqual(0.7);
  });

  it("a search without a filter has the recall of its collection", async () => {
    const { recalls } = await recallsOf(size);
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / QUERIES).toBeGreaterThanOrEqual(0.95);
  });
});

it("large shards are searched through the index where that pays, and compared where the records are far", async () => {
  const [, large] = SIZES as [number, number];
  const { reasons: near } = await recallsOf(large, { place: "near", selectivity: 0.3 });
  expect([...near]).toEqual(expect.arrayContaining(["index"]));
  const { reasons: far } = await recallsOf(large, { place: "far", selectivity: 0.3 });
  expect([...far].some((reason) => ["short", "far", "few_rows"].includes(reason))).toBe(true);
});
