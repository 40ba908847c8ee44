/** What is promised of records that are equally near, through gRPC, on any engine. */
import { beforeAll, describe, expect, it } from "vitest";
import type { SearchRequest } from "../../../src/client/messages.ts";
import { compareUtf8 } from "../../../src/lib/compare-utf8.ts";
import { f32 } from "../coordinator.ts";
import { finished } from "../finished.ts";
import type { Lane } from "./lanes.ts";

const COLLECTION = "ties";
const EQUAL = 60;
const vector = f32(Float32Array.of(1, 2, 3));

/** Written in another order than that of their keys. Every fourth is a little nearer or farther. */
const records = Array.from({ length: EQUAL }, (_, i) => {
  const place = (i * 37) % EQUAL;
  return {
    namespace: `ns-${place % 3}`,
    key: `key-${place}`,
    vector: place % 4 === 0 ? f32(Float32Array.of(1, 2, 3 + place / 10)) : vector,
  };
});

export function testTies(lane: () => Lane): void {
  describe("records that are equally near", () => {
    const search = async (request: SearchRequest) => {
      const { hits } = await lane().client.vector.search({ collection: COLLECTION, vector, ...request });
      return hits.map(({ namespace, key, similarity }) => ({ namespace, key, similarity }));
    };

    beforeAll(async () => {
      const { client } = lane();
      const collection = { name: COLLECTION, dimension: 3 };
      await finished(lane(), await client.collection.createCollection({ collection }));
      await client.vector.upsert({ collection: COLLECTION, records });
    });

    it.each([
      ["one namespace", { namespaces: ["ns-1"] }],
      ["all namespaces", { allNamespaces: true }],
    ] as const)("are a prefix of every longer answer of an exact search of %s", async (_scope, scope) => {
      const exactly = (topK: number) => search({ ...scope, topK, params: { exact: true } });
      const longest = await exactly(EQUAL);
      for (const topK of [1, 2, 5, 10, 14, 15, 16, 40]) {
        expect(await exactly(topK)).toEqual(longest.slice(0, topK));
      }
    });

    it("are ordered by the bytes of namespace and key in every answer, and are never left out for farther ones", async () => {
      const exact = await search({ allNamespaces: true, topK: EQUAL, params: { exact: true } });
      for (const topK of [1, 5, 10, 40]) {
        const found = await search({ allNamespaces: true, topK, params: { efSearch: 1_000 } });
        expect(found).toEqual(
          found.toSorted(
            (a, b) =>
              b.similarity - a.similarity ||
              compareUtf8(a.namespace, b.namespace) ||
              compareUtf8(a.key, b.key),
          ),
        );
        expect(found.map(({ similarity }) => similarity)).toEqual(
          exact.slice(0, topK).map(({ similarity }) => similarity),
        );
      }
    });
  });
}
