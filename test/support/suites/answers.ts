/** Searches through gRPC find what brute force finds over the same records, on any engine. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SearchRequest } from "../../../src/client/messages.ts";
import { bruteForce, expectSameHits, recall } from "../brute-force.ts";
import { clusteredVectors } from "../clustered-vectors.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const NAMESPACES = 8;

type Scope = Pick<SearchRequest, "namespaces" | "allNamespaces">;

const SCOPES: readonly (readonly [string, Scope])[] = [
  ["one namespace", { namespaces: ["ns-3"] }],
  ["several namespaces, one of them unknown", { namespaces: ["ns-1", "nobody", "ns-4", "ns-6"] }],
  ["all namespaces", { allNamespaces: true }],
];

const KINDS = [
  { quantization: "QUANTIZATION_NONE", dimension: 64, leastRecall: 0.98 },
  { quantization: "QUANTIZATION_HALF", dimension: 64, leastRecall: 0.98 },
  { quantization: "QUANTIZATION_BINARY", dimension: 256, leastRecall: 0.95 },
] as const;

export function testAnswers(lane: () => Lane): void {
  describe.each(KINDS)("a collection with $quantization", ({ quantization, dimension, leastRecall }) => {
    const collection = quantization.toLowerCase();
    const { vectors, queries } = clusteredVectors({ count: 5_000, queryCount: 25, dimension, seed: 3 });
    const records = vectors.map((vector, i) => ({
      namespace: `ns-${i % NAMESPACES}`,
      key: `key-${i}`,
      vector,
    }));
    const oracle = (query: Float32Array, { namespaces }: Scope, topK: number) =>
      bruteForce(
        records.filter(({ namespace }) => namespaces?.includes(namespace) ?? true),
        query,
        topK,
      );
    const search = async (request: SearchRequest) => {
      const { hits, completeness } = await lane().client.vector.search({ collection, ...request });
      expect(completeness).toMatchObject({ complete: true, failures: [] });
      return hits;
    };

    beforeAll(async () => {
      const { client } = lane();
      await finished(
        lane(),
        await client.collection.createCollection({
          collection: { name: collection, dimension, quantization },
        }),
      );
      for (let at = 0; at < records.length; at += 1_000) {
        const batch = records
          .slice(at, at + 1_000)
          .map((record) => ({ ...record, vector: f32(record.vector) }));
        await client.vector.upsert({ collection, records: batch });
      }
      expect(await client.vector.count({ collection, allNamespaces: true })).toMatchObject({ count: "5000" });
    });

    it.each(SCOPES)("an exact search equals brute force for %s", async (_name, scope) => {
      for (const query of queries.slice(0, 10)) {
        const hits = await search({ ...scope, vector: f32(query), topK: 25, params: { exact: true } });
        expectSameHits(hits, oracle(query, scope, 25));
      }
    });

    it.each(SCOPES)(
      "an index search finds the nearest and returns a full page for %s",
      async (_name, scope) => {
        let sum = 0;
        for (const query of queries) {
          const hits = await search({ ...scope, vector: f32(query) });
          const expected = oracle(query, scope, 10);
          expect(hits).toHaveLength(10);
          sum += recall(
            hits.map(({ key }) => key),
            expected.map(({ key }) => key),
          );
        }
        expect(sum / queries.length).toBeGreaterThanOrEqual(leastRecall);
      },
    );

    it("a query by record answers like a query by its vector, with the record first", async () => {
      for (const record of records.slice(700, 705)) {
        const scope = { namespaces: ["ns-2", record.namespace] };
        const { namespace, key } = record;
        const hits = await search({ ...scope, record: { namespace, key }, params: { exact: true } });
        expectSameHits(hits, oracle(record.vector, scope, 10));
        expect(hits[0]).toMatchObject({ namespace, key });
      }
    });

    it("a search with a large top_k returns a whole namespace, each record once", async () => {
      const [query] = queries as [Float32Array];
      const hits = await search({ namespaces: ["ns-5"], vector: f32(query), topK: 1_000 });
      expectSameHits(hits, oracle(query, { namespaces: ["ns-5"] }, 1_000));
    });
  });
}
