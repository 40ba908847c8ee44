import { expect, it } from "vitest";
import { replacedShards } from "../../../src/topology/replaced-shards.ts";
import type { Catalog } from "../../../src/topology/shard-map.ts";

/** Collections by name, each with the ids of its shards; ids of collections by their order. */
function catalogOf(shards: Readonly<Record<string, readonly number[]>>): Pick<Catalog, "collections"> {
  const collections = Object.entries(shards).map(([name, ids], id) => ({
    id,
    name,
    shards: ids.map((shard) => ({ id: shard, min: shard, max: shard, group: 1 })),
  }));
  return { collections } as unknown as Pick<Catalog, "collections">;
}

it.each([
  ["shards that all have other ids", [1, 2, 3], [4, 5, 6], true],
  ["more shards, none of them as before", [1, 2], [3, 4, 5, 6], true],
  ["another shard in place of the only one", [1], [2], true],
  ["the same shards", [1, 2], [1, 2], false],
  ["one of two shards split", [1, 2], [1, 3, 4], false],
  ["the only shard split", [1], [2, 3], false],
  ["a collection that is new", [], [1, 2], false],
])("of %s, %j and then %j, replaced is %s", (_, before, after, replaced) => {
  const found = replacedShards(
    catalogOf({ other: [9], words: before }),
    catalogOf({ other: [9], words: after }),
  );
  expect(found).toEqual(replaced ? ["words"] : []);
});
