/** Searches by each metric, through gRPC, against brute force, on any engine. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { SearchRequest } from "../../../src/client/messages.ts";
import { bruteForce, expectSameHits, similarities } from "../brute-force.ts";
import { clusteredVectors } from "../clustered-vectors.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const DIMENSION = 24;
/**
 * About the lengths of one collection each: between vectors of which some are a billion times as long as
 * others, no graph has the links that a search would need.
 */
const SCALES = { none: [1e-17, 1e-9, 1, 1e9, 0.5e18], half: [1, 10_000] };
/** Zeros, the longest that is taken, and what lies between; by halves what they hold. */
const LENGTHS = {
  none: [0, 1e-18, 1e-9, 1e-3, 0.5, 1, 70_000, 0.999e18],
  half: [0, 1e-3, 0.5, 1, 300, 60_000],
};

const KINDS = [
  { metric: "cosine", quantization: "none" },
  { metric: "l2", quantization: "none" },
  { metric: "l2", quantization: "half" },
  { metric: "inner_product", quantization: "none" },
  { metric: "inner_product", quantization: "half" },
] as const;

type Scope = Pick<SearchRequest, "namespaces" | "allNamespaces">;
const SCOPES: readonly Scope[] = [{ allNamespaces: true }, { namespaces: ["ns-1"] }];

const { vectors: directions, queries } = clusteredVectors({
  count: 240,
  queryCount: 8,
  dimension: DIMENSION,
  seed: 11,
});
const times = (vector: Float32Array, factor: number) => vector.map((value) => value * factor);
const lengthOf = (vector: Float32Array) => Math.hypot(...vector);

/** `usesIndex`: the servers of the lane find rows by the vector index, however few there are. */
export function testMetrics(lane: () => Lane, { usesIndex }: { readonly usesIndex: boolean }): void {
  describe.each(KINDS)("a collection of $quantization by $metric", ({ metric, quantization }) => {
    const collection = `${metric}-${quantization}`;
    const lengths = LENGTHS[quantization].filter((length) => metric !== "cosine" || length > 1e-18);
    const records = directions.map((direction, i) => ({
      namespace: `ns-${i % 3}`,
      key: `key-${i}`,
      vector: times(direction, lengths[i % lengths.length] ?? 1),
    }));
    const longest = Math.max(...records.map(({ vector }) => lengthOf(vector)));
    /** float32 keeps 7 digits of the largest term, which may cancel out. */
    const toleranceFor = (query: Float32Array) => {
      if (metric === "cosine") return 1e-5;
      return metric === "l2" ? 1e-5 * (lengthOf(query) + longest) : 1e-5 * lengthOf(query) * longest;
    };
    const oracle = (query: Float32Array, { namespaces }: Scope, topK: number, of = records) =>
      bruteForce(
        of.filter(({ namespace }) => namespaces?.includes(namespace) ?? true),
        query,
        topK,
        similarities[metric],
      );
    const search = async (request: SearchRequest) => {
      const answer = await lane().client.vector.search({ collection, includeProfile: true, ...request });
      expect(answer.completeness?.complete).toBe(true);
      return answer;
    };

    const create = async (name: string, of: typeof records) => {
      const { client } = lane();
      const settings = {
        name,
        dimension: DIMENSION,
        metric: `METRIC_${metric.toUpperCase()}` as "METRIC_L2",
        quantization: `QUANTIZATION_${quantization.toUpperCase()}` as "QUANTIZATION_HALF",
      };
      await finished(lane(), await client.collection.createCollection({ collection: settings }));
      const { results } = await client.vector.upsert({
        collection: name,
        records: of.map((record) => ({ ...record, vector: f32(record.vector) })),
      });
      expect(results.filter(({ status }) => status !== null && status.code !== 0)).toEqual([]);
    };
    beforeAll(() => create(collection, records));

    it("says its metric", async () => {
      expect(await lane().client.collection.getCollection({ name: collection })).toMatchObject({
        metric: `METRIC_${metric.toUpperCase()}`,
      });
    });

    it("an exact search for any vector equals brute force, in any scope and number of hits", async () => {
      const anyVector = fc.record({
        direction: fc.float32Array({
          minLength: DIMENSION,
          maxLength: DIMENSION,
          noNaN: true,
          noDefaultInfinity: true,
          min: -1,
          max: 1,
        }),
        length: fc.constantFrom(...lengths),
      });
      await fc.assert(
        fc.asyncProperty(
          anyVector,
          fc.constantFrom(...SCOPES),
          fc.integer({ min: 1, max: 60 }),
          async ({ direction, length }, scope, topK) => {
            // Of numbers that float32 multiplies without losing them.
            const query = times(
              direction.map((value) => (Math.abs(value) < 1e-3 ? 0 : value)),
              length / (lengthOf(direction) || 1),
            );
            fc.pre(metric !== "cosine" || lengthOf(query) > 0);
            const { hits } = await search({ ...scope, vector: f32(query), topK, params: { exact: true } });
            expectSameHits(hits, oracle(query, scope, topK), toleranceFor(query));
          },
        ),
        { numRuns: 40 },
      );
    });

    it.each(SCALES[quantization])(
      "an index search equals brute force where lengths are about %d",
      async (scale) => {
        const scaled = `${collection}-${String(scale).replaceAll(/[^0-9]/g, "_")}`;
        const near = directions.map((direction, i) => ({
          namespace: `ns-${i % 3}`,
          key: `key-${i}`,
          vector: times(direction, scale * (0.5 + (i % 7) / 7)),
        }));
        await create(scaled, near);
        const params = { efSearch: 1_000, ...(quantization === "half" && { oversampling: 100 }) };
        for (const direction of queries) {
          const query = times(direction, scale);
          for (const scope of SCOPES) {
            const asked = { ...scope, vector: f32(query), topK: 10, params };
            const { hits, profile } = await search({ collection: scaled, ...asked });
            if (usesIndex)
              expect(new Set(profile?.targets.map(({ strategy }) => strategy))).toEqual(new Set(["ann"]));
            // The square of a short vector has few digits in float32.
            const tolerance = metric === "cosine" ? 1e-5 : 1e-4 * (metric === "l2" ? scale : scale ** 2);
            expectSameHits(hits, oracle(query, scope, 10, near), tolerance);
          }
        }
      },
    );

    it("hits have a higher similarity the nearer they are, and none below min_similarity", async () => {
      const query = queries[0] as Float32Array;
      const { hits } = await search({ allNamespaces: true, vector: f32(query), topK: 30 });
      const found = hits.map(({ similarity }) => similarity);
      expect(found).toEqual(found.toSorted((a, b) => b - a));
      const minSimilarity = found[12] as number;
      const some = await search({ allNamespaces: true, vector: f32(query), topK: 30, minSimilarity });
      expect(some.hits.map(({ key }) => key)).toEqual(
        hits.filter(({ similarity }) => similarity >= minSimilarity).map(({ key }) => key),
      );
    });

    it("a search by record equals one by its vector, and vectors are read back as they were written", async () => {
      for (const { namespace, key, vector } of records.slice(0, lengths.length)) {
        const asked = { allNamespaces: true, topK: 5, params: { exact: true }, includeVector: true };
        const { hits } = await search({ ...asked, record: { namespace, key } });
        expect(hits).toEqual((await search({ ...asked, vector: f32(vector) })).hits);
        const { records: read } = await lane().client.vector.get({
          collection,
          records: [{ namespace, key }],
          includeVector: true,
        });
        expect(read[0]?.vector?.f32Le).toEqual(Buffer.from(f32(vector).f32Le));
      }
    });

    it("refuses by name what cannot be compared, of records and of queries", async () => {
      const refused = async (vector: ReturnType<typeof f32>) => {
        const write = lane().client.vector.upsert({
          collection,
          records: [{ namespace: "refused", key: "k", vector }],
        });
        const query = lane().client.vector.search({ collection, namespaces: ["ns-1"], vector });
        const fields = async (call: Promise<unknown>) =>
          call.then(
            () => [],
            (error) => error.failure.fields.map(({ field }: { field: string }) => field),
          );
        return [...(await fields(write)), ...(await fields(query))];
      };
      const numbers = (value: number) =>
        f32(Array.from({ length: DIMENSION }, (_, i) => (i === 3 ? value : 0)));
      const both = ["records[0].vector", "vector"];
      expect(await refused(numbers(0))).toEqual(metric === "cosine" ? both : []);
      const isHalfAsItIs = metric !== "cosine" && quantization === "half";
      expect(await refused(numbers(65_505))).toEqual(isHalfAsItIs ? both : []);
      expect(await refused(numbers(65_504))).toEqual([]);
    });
  });
}
