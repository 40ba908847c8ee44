/** What the options of a search do, through gRPC, on any engine. */
import { beforeAll, describe, expect, it } from "vitest";
import { toStruct, toVector } from "../../../src/cli/values.ts";
import type { SearchRequest } from "../../../src/client/messages.ts";
import type { Lane } from "./lanes.ts";
import { recordCalls } from "./record-calls.ts";

/** Angles in a plane, so that the similarity to the first direction is the cosine of the angle. */
const DEGREES = [0, 30, 60, 90, 135, 180];

export function testSearchOptions(lane: () => Lane): void {
  const { unused, write } = recordCalls(lane);
  const [namespace, other] = [unused(), unused()];
  const direction = (degrees: number) => {
    const radians = (degrees / 180) * Math.PI;
    return toVector([Math.cos(radians), Math.sin(radians), 0]);
  };
  const search = (request: SearchRequest = {}) =>
    lane().client.vector.search({ namespaces: [namespace], vector: direction(0), ...request });
  const degreesFound = async (request: SearchRequest) =>
    (await search(request)).hits.map(({ key }) => Number(key));

  beforeAll(async () => {
    const stored = { value: "v", tags: ["t", "u"], metadata: toStruct({ a: [1, null], b: { c: "d" } }) };
    await write(
      [namespace, other].flatMap((name) =>
        DEGREES.map((degrees) => ({
          ...stored,
          namespace: name,
          key: `${degrees}`,
          vector: direction(degrees),
        })),
      ),
    );
  });

  describe("search options", () => {
    it("a search orders by cosine similarity, whatever the length of the vectors", async () => {
      const { hits } = await search({ vector: toVector([1e6, 0, 0]) });
      expect(hits.map(({ key }) => Number(key))).toEqual(DEGREES);
      for (const { key, similarity } of hits) {
        expect(similarity).toBeCloseTo(Math.cos((Number(key) / 180) * Math.PI), 6);
      }
    });

    it("a search orders equally similar hits by the bytes of namespace and key", async () => {
      const { hits } = await search({ namespaces: [other, namespace], topK: 4 });
      const names = [namespace, other].toSorted();
      expect(hits.map((hit) => `${hit.namespace} ${hit.key}`)).toEqual(
        [0, 30].flatMap((degrees) => names.map((name) => `${name} ${degrees}`)),
      );
    });

    it("a search returns ten hits by default and no more than top_k", async () => {
      expect((await search({ namespaces: [namespace, other] })).hits).toHaveLength(10);
      for (const topK of [1, 5, 6, 1_000]) {
        expect(await degreesFound({ topK })).toEqual(DEGREES.slice(0, topK));
      }
    });

    it("a search leaves out records less similar than min_similarity", async () => {
      for (const [minSimilarity, most] of [
        [-1, 180],
        [-0.5, 90],
        [0.4999, 60],
        [0.5001, 30],
        [0.99, 0],
      ] as const) {
        expect(await degreesFound({ minSimilarity })).toEqual(DEGREES.filter((degrees) => degrees <= most));
      }
      expect(await degreesFound({ minSimilarity: 0.5, vector: toVector([0, 0, 1]) })).toEqual([]);
    });

    it("a search returns the fields it asks for", async () => {
      const [usual] = (await search()).hits;
      expect(usual).toMatchObject({ key: "0", value: "v", tags: ["t", "u"], metadata: null, vector: null });
      const [all] = (await search({ includeMetadata: true, includeVector: true })).hits;
      expect(all).toMatchObject({
        value: "v",
        tags: ["t", "u"],
        metadata: toStruct({ a: [1, null], b: { c: "d" } }),
        vector: direction(0),
      });
      const [none] = (await search({ includeValue: false })).hits;
      expect(none).toMatchObject({ key: "0", tags: [], metadata: null, vector: null });
      expect(none?.value).toBeUndefined();
    });

    it("a search of a namespace without records is complete and empty", async () => {
      const { hits, completeness } = await search({ namespaces: [unused()] });
      expect(hits).toEqual([]);
      expect(completeness).toMatchObject({ targetsTotal: 1, targetsOk: 1, complete: true, failures: [] });
    });

    it("a search returns a profile of each target on request, and how long it took", async () => {
      expect((await search()).profile).toBeNull();
      const shards = (await lane().client.cluster.listShards({})).shards.filter(
        ({ collection }) => collection === "memory_entries",
      );
      for (const exact of [true, false]) {
        const { profile, completeness, timings } = await search({
          namespaces: [],
          allNamespaces: true,
          topK: 7,
          params: exact ? { exact } : { efSearch: 321 },
          includeProfile: true,
        });
        expect(completeness?.targetsTotal).toBe(shards.length);
        expect(profile?.targets.map(({ shardId }) => shardId).toSorted()).toEqual(
          shards.map(({ id }) => id).toSorted(),
        );
        for (const target of profile?.targets ?? []) {
          expect(target).toMatchObject({ quantization: "QUANTIZATION_NONE", attempts: 1 });
          if (exact) expect(target).toMatchObject({ strategy: "exact", rounds: 1 });
          else if (target.strategy === "ann") expect(target).toMatchObject({ efSearch: 321, candidates: 7 });
          else expect(["few_rows", "short"]).toContain(target.reason);
        }
        expect(timings?.totalMs).toBeGreaterThan(0);
      }
    });

    it("a search by a record that does not exist fails with NOT_FOUND", async () => {
      await expect(
        lane().client.vector.search({ namespaces: [namespace], record: { namespace, key: "nobody" } }),
      ).rejects.toMatchObject({ failure: { status: "NOT_FOUND", reason: "RECORD_NOT_FOUND" } });
    });

    it("a search of a collection that does not exist fails with NOT_FOUND", async () => {
      await expect(search({ collection: "nothing" })).rejects.toMatchObject({
        failure: { status: "NOT_FOUND", reason: "COLLECTION_NOT_FOUND" },
      });
    });
  });
}
