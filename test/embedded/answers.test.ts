import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SearchRequest } from "../../src/client/messages.ts";
import type { QuantizationInit } from "../../src/proto/generated/orrery/v1/Quantization.ts";
import { bruteForce, expectSameHits, recall } from "../support/brute-force.ts";
import { f32, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { sampleWords, type WordRecord } from "../support/sample-words.ts";

const LOADED = 2_000;
const words = sampleWords(LOADED + 40);
const records = words.slice(0, LOADED);
/** Words that are not among the records. */
const queries = words.slice(LOADED).map(({ vector }) => vector);

type Scope = Pick<SearchRequest, "namespaces" | "allNamespaces">;
const scopes: readonly (readonly [string, Scope])[] = [
  ["one namespace", { namespaces: ["s"] }],
  ["several namespaces, one of them unknown", { namespaces: ["a", "q", "t", "nobody", "e"] }],
  ["all namespaces", { allNamespaces: true }],
];

let coordinator: TestCoordinator;

async function load(collection: string, all: readonly WordRecord[]): Promise<void> {
  for (let at = 0; at < all.length; at += 500) {
    const batch = all.slice(at, at + 500).map((record) => ({ ...record, vector: f32(record.vector) }));
    const { results } = await coordinator.client.vector.upsert({ collection, records: batch });
    expect(results.filter(({ status }) => status !== null && status.code !== 0)).toEqual([]);
  }
}

async function create(
  name: string,
  dimension: number,
  quantization: QuantizationInit = "QUANTIZATION_NONE",
): Promise<void> {
  await finished(
    coordinator,
    await coordinator.client.collection.createCollection({ collection: { name, dimension, quantization } }),
  );
}

async function search(collection: string, vector: Float32Array, request: SearchRequest) {
  const answer = await coordinator.client.vector.search({ collection, vector: f32(vector), ...request });
  expect(answer.completeness?.complete).toBe(true);
  return answer.hits;
}

function oracle(query: Float32Array, { namespaces }: Scope, topK: number) {
  return bruteForce(
    records.filter(({ namespace }) => namespaces?.includes(namespace) ?? true),
    query,
    topK,
  );
}

async function averageRecall(collection: string, scope: Scope): Promise<number> {
  let sum = 0;
  for (const query of queries) {
    const hits = await search(collection, query, { ...scope, topK: 10 });
    expect(hits).toHaveLength(10);
    sum += recall(
      hits.map(({ key }) => key),
      oracle(query, scope, 10).map(({ key }) => key),
    );
  }
  return sum / queries.length;
}

beforeAll(async () => {
  coordinator = await startTestCoordinator({ ORRERY_EMBEDDED_NODES: "2" });
});

afterAll(() => coordinator?.stop());

describe.each([
  ["QUANTIZATION_NONE", 0.99],
  ["QUANTIZATION_HALF", 0.99],
  ["QUANTIZATION_BINARY", 0.9],
] as const)("words with %s", (quantization, leastRecall) => {
  const collection = quantization.toLowerCase();

  beforeAll(async () => {
    await create(collection, 100, quantization);
    await load(collection, records);
  });

  it.each(scopes)("an exact search of words equals brute force for %s", async (_name, scope) => {
    for (const query of queries) {
      const hits = await search(collection, query, { ...scope, topK: 25, params: { exact: true } });
      expectSameHits(hits, oracle(query, scope, 25));
    }
  });

  it.each(scopes)(
    "an index search of words finds the nearest and returns a full page for %s",
    async (_name, scope) => {
      expect(await averageRecall(collection, scope)).toBeGreaterThanOrEqual(leastRecall);
    },
  );

  it("a query by word answers like a query by its vector, with the word first", async () => {
    for (const record of records.slice(500, 510)) {
      const { namespace, key } = record;
      const { hits } = await coordinator.client.vector.search({
        collection,
        record: { namespace, key },
        namespaces: ["s", namespace],
        params: { exact: true },
      });
      expectSameHits(hits, oracle(record.vector, { namespaces: ["s", namespace] }, 10));
      expect(hits[0]).toMatchObject({ namespace, key });
    }
  });

  it("a search with a large top_k returns a whole namespace of words, each once", async () => {
    for (const query of queries.slice(0, 5)) {
      const hits = await search(collection, query, { namespaces: ["q"], topK: 1000 });
      expectSameHits(hits, oracle(query, { namespaces: ["q"] }, 1000));
    }
  });
});

describe("a collection created again with another dimension", () => {
  it("a collection created again with another dimension has none of the old records, and takes and finds new ones", async () => {
    const { client } = coordinator;
    await create("again", 100);
    await load("again", records.slice(0, 50));
    await finished(coordinator, await client.collection.deleteCollection({ name: "again" }));
    await expect(client.vector.count({ collection: "again", allNamespaces: true })).rejects.toMatchObject({
      failure: { status: "NOT_FOUND", reason: "COLLECTION_NOT_FOUND" },
    });
    await create("again", 3);
    expect(await client.vector.count({ collection: "again", allNamespaces: true })).toMatchObject({
      count: "0",
    });
    const vector = Float32Array.of(1, 2, 3);
    await load("again", [{ namespace: "the", key: "one", vector }]);
    expect(await search("again", vector, { allNamespaces: true })).toMatchObject([
      { key: "one", similarity: 1 },
    ]);
    await expect(search("again", queries[0] as Float32Array, { allNamespaces: true })).rejects.toMatchObject({
      failure: { status: "INVALID_ARGUMENT" },
    });
  });
});
