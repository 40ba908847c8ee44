/** Collections of the most dimensions of each kind of index, through gRPC, on any engine. */
import { beforeAll, describe, expect, it } from "vitest";
import { bruteForce, expectSameHits } from "../brute-force.ts";
import { clusteredVectors } from "../clustered-vectors.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const KINDS = [
  { kind: "fp32", dimension: 2_000 },
  { kind: "half", dimension: 4_000 },
  { kind: "binary", dimension: 16_000 },
  { kind: "no-index", dimension: 16_000 },
] as const;

const SETTINGS = {
  fp32: {},
  half: { quantization: "QUANTIZATION_HALF" },
  binary: { quantization: "QUANTIZATION_BINARY" },
  "no-index": { index: "VECTOR_INDEX_KIND_NONE" },
} as const;

export function testDimensions(lane: () => Lane): void {
  describe.each(KINDS)("vectors of $dimension dimensions, $kind", ({ kind, dimension }) => {
    const collection = `wide-${kind}`;
    const { vectors, queries } = clusteredVectors({ count: 40, queryCount: 3, dimension, seed: 9 });
    const records = vectors.map((vector, i) => ({ namespace: "ns", key: `key-${i}`, vector }));

    beforeAll(async () => {
      const { client } = lane();
      const settings = { name: collection, dimension, shardCount: 2, ...SETTINGS[kind] };
      await finished(lane(), await client.collection.createCollection({ collection: settings }));
      for (let at = 0; at < records.length; at += 10) {
        const some = records.slice(at, at + 10).map((record) => ({ ...record, vector: f32(record.vector) }));
        const { results } = await client.vector.upsert({ collection, records: some });
        expect(results.filter(({ status }) => status !== null && status.code !== 0)).toEqual([]);
      }
    });

    it("are found, and read back as they were written", async () => {
      for (const query of queries) {
        const { hits, profile } = await lane().client.vector.search({
          collection,
          namespaces: ["ns"],
          vector: f32(query),
          topK: 5,
          includeProfile: true,
        });
        expectSameHits(hits, bruteForce(records, query, 5), 1e-5);
        if (kind === "no-index")
          expect(profile?.targets).toMatchObject([{ strategy: "exact", reason: "no_index" }]);
      }
      const { records: read } = await lane().client.vector.get({
        collection,
        records: [{ namespace: "ns", key: "key-7" }],
        includeVector: true,
      });
      expect(read[0]?.vector?.f32Le).toEqual(Buffer.from(f32(vectors[7] as Float32Array).f32Le));
    });

    it("one more is refused by name", async () => {
      const settings = { name: "too-wide", dimension: dimension + 1, ...SETTINGS[kind] };
      await expect(lane().client.collection.createCollection({ collection: settings })).rejects.toMatchObject(
        { failure: { fields: [{ field: "collection.dimension" }] } },
      );
    });
  });
}
