import { expect, it } from "vitest";
import { decodeMap, encodeMap } from "../../../src/topology/map-json.ts";
import type { ShardMap } from "../../../src/topology/shard-map.ts";
import { sampleMap } from "../../contract/sample-map.ts";

const plain = sampleMap(3, { words: 1, pictures: 2, topics: 1 });
const withMetric: ShardMap = {
  ...plain,
  collections: plain.collections.map((collection) =>
    collection.name === "pictures" ? { ...collection, metric: "l2" } : collection,
  ),
};

it("a map is read back as it was stored, in the same order", () => {
  for (const map of [plain, withMetric]) expect(decodeMap(encodeMap(map))).toEqual(map);
});

it("a collection of another metric is stored where earlier versions do not look for collections", () => {
  const stored = JSON.parse(encodeMap(withMetric)) as ShardMap;
  expect(stored.collections.map(({ name }) => name)).toEqual(["words", "topics"]);
});

it("a map without such collections is stored as earlier versions store it", () => {
  expect(Object.keys(JSON.parse(encodeMap(plain)) as object)).toEqual(Object.keys(plain));
});
