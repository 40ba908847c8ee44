/** Searches of vectors of every length that is taken, through gRPC, against brute force, on any engine. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SearchRequest } from "../../../src/client/messages.ts";
import { bruteForce, expectSameHits } from "../brute-force.ts";
import { clusteredVectors } from "../clustered-vectors.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const DIMENSION = 48;
const DENORMAL = 1e-40;
/** The shortest and the longest that is taken, beyond what halfvec can hold, and usual ones. */
const LENGTHS = [1.001e-18, 1e-12, 1e-9, 1e-5, 1, 70_000, 1e9, 0.999e18];
const TOLERANCE = 1e-5;

type Scope = Pick<SearchRequest, "namespaces" | "allNamespaces">;

/** Enough for an index scan to find every record there is, so that its answer can be compared exactly. */
const WIDE = { efSearch: 1_000 };
const WIDE_LOSSY = { ...WIDE, oversampling: 100 };

const { vectors: directions, queries } = clusteredVectors({
  count: 160,
  queryCount: 4,
  dimension: DIMENSION,
  seed: 5,
});

const times = (vector: Float32Array, factor: number) => vector.map((value) => value * factor);
const first = directions[0] as Float32Array;

/** Vectors whose numbers are unlike each other or like those of others. */
const ODD: Readonly<Record<string, Float32Array>> = {
  "half of its numbers denormal": first.map((value, i) => (i % 2 === 0 ? value : DENORMAL)),
  "one huge number": first.map((value, i) => (i === 3 ? 1e17 : value)),
  "one huge number, negative": first.map((value, i) => (i === 3 ? -1e17 : value)),
  "a single number": first.map((_, i) => (i === 5 ? 1 : 0)),
  "all numbers equal": first.map(() => 70_000),
};

const vectors = [
  ...directions.map((direction, i) => times(direction, LENGTHS[i % LENGTHS.length] ?? 1)),
  ...Object.values(ODD),
  // Equal directions, and opposite ones.
  ...LENGTHS.flatMap((length) => [times(first, length), times(first, length), times(first, -length)]),
];
const records = vectors.map((vector, i) => ({ namespace: `ns-${i % 3}`, key: `key-${i}`, vector }));

const asked: readonly (readonly [string, Float32Array])[] = [
  ...LENGTHS.map(
    (length, i) => [`length ${length}`, times(queries[i % queries.length] ?? first, length)] as const,
  ),
  ...Object.entries(ODD),
  ["the direction of many records", first],
  ["the opposite of many records", times(first, -1e9)],
];

const KINDS = [
  { quantization: "QUANTIZATION_NONE", params: WIDE },
  { quantization: "QUANTIZATION_HALF", params: WIDE_LOSSY },
  { quantization: "QUANTIZATION_BINARY", params: WIDE_LOSSY },
] as const;

/** `usesIndex`: the servers of the lane find rows by the HNSW index, however few there are. */
export function testLengths(lane: () => Lane, { usesIndex }: { readonly usesIndex: boolean }): void {
  describe.each(KINDS)("vectors of any length with $quantization", ({ quantization, params }) => {
    const collection = `lengths-${quantization.toLowerCase()}`;
    const search = async (vector: Float32Array, request: SearchRequest) => {
      const answer = await lane().client.vector.search({
        collection,
        vector: f32(vector),
        includeProfile: true,
        ...request,
      });
      expect(answer.completeness?.complete).toBe(true);
      return answer;
    };
    const oracle = (query: Float32Array, { namespaces }: Scope, topK: number) =>
      bruteForce(
        records.filter(({ namespace }) => namespaces?.includes(namespace) ?? true),
        query,
        topK,
      );

    beforeAll(async () => {
      const { client } = lane();
      const settings = { name: collection, dimension: DIMENSION, quantization };
      await finished(lane(), await client.collection.createCollection({ collection: settings }));
      const { results } = await client.vector.upsert({
        collection,
        records: records.map((record) => ({ ...record, vector: f32(record.vector) })),
      });
      expect(results.filter(({ status }) => status !== null && status.code !== 0)).toEqual([]);
    });

    it.each(asked)("an exact search equals brute force for a query with %s", async (_name, query) => {
      for (const scope of [{ allNamespaces: true }, { namespaces: ["ns-1"] }]) {
        const { hits } = await search(query, { ...scope, topK: 40, params: { exact: true } });
        expectSameHits(hits, oracle(query, scope, 40), TOLERANCE);
      }
    });

    it.each(asked)("an index search equals brute force for a query with %s", async (_name, query) => {
      for (const scope of [{ allNamespaces: true }, { namespaces: ["ns-1"] }]) {
        const { hits, profile } = await search(query, { ...scope, topK: 10, params });
        if (usesIndex)
          expect(new Set(profile?.targets.map(({ strategy }) => strategy))).toEqual(new Set(["ann"]));
        expectSameHits(hits, oracle(query, scope, 10), TOLERANCE);
      }
    });

    it("a search by a record of any length finds the record first, with similarity 1", async () => {
      for (const { namespace, key } of records.slice(8, 24)) {
        const { hits } = await lane().client.vector.search({
          collection,
          record: { namespace, key },
          namespaces: [namespace],
          topK: 3,
          params,
        });
        expect(hits.map((hit) => hit.key)).toContain(key);
        expect(hits[0]?.similarity).toBeCloseTo(1, 5);
      }
    });
  });
}
