import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Catalog, Shard } from "../../../src/topology/shard-map.ts";
import { invalidCollections, problemOf, validCatalog } from "../../../src/topology/valid-catalog.ts";
import { sampleCatalog } from "../../contract/sample-map.ts";

const RING_START = -(2 ** 31);
const RING_END = 2 ** 31 - 1;

/** The whole ring, cut after each of these hashes. */
function cutAfter(ends: readonly number[]): readonly Shard[] {
  const all = [...ends, RING_END];
  return all.map((max, index) => ({
    id: index + 1,
    group: 1,
    min: index === 0 ? RING_START : (all[index - 1] ?? 0) + 1,
    max,
  }));
}

const cuts = fc
  .uniqueArray(fc.integer({ min: RING_START, max: RING_END - 1 }), { minLength: 1, maxLength: 20 })
  .map((ends) => cutAfter(ends.sort((a, b) => a - b)));

/** Changes one shard of many. */
const damage: Readonly<Record<string, (shards: readonly Shard[], at: number) => readonly Shard[]>> = {
  "a missing shard": (shards, at) => shards.filter((_, index) => index !== at),
  "a second placement": (shards, at) =>
    shards.flatMap((shard, index) => (index === at ? [shard, shard] : shard)),
  "a second shard of the same range": (shards, at) =>
    shards.flatMap((shard, index) => (index === at ? [shard, { ...shard, id: 1000 }] : shard)),
  "another order": (shards) => shards.toReversed(),
  "a shard that begins later": (shards, at) =>
    shards.with(at, { ...(shards[at] as Shard), min: (shards[at]?.min ?? 0) + 1 }),
  "a shard that ends earlier": (shards, at) =>
    shards.with(at, { ...(shards[at] as Shard), max: (shards[at]?.max ?? 0) - 1 }),
  "a shard that ends later": (shards, at) =>
    shards.with(at, { ...(shards[at] as Shard), max: (shards[at]?.max ?? 0) + 1 }),
  "a bound that is no number": (shards, at) => shards.with(at, { ...(shards[at] as Shard), max: Number.NaN }),
  "no group": (shards, at) => shards.with(at, { ...(shards[at] as Shard), group: null as unknown as number }),
};

describe("shards of a collection", () => {
  it("are valid when they cover the ring once, in order", () => {
    fc.assert(fc.property(cuts, (shards) => problemOf({ shards }) === undefined));
    expect(problemOf({ shards: cutAfter([]) })).toBeUndefined();
  });

  it.each(Object.entries(damage))("are invalid with %s", (_, change) => {
    fc.assert(
      fc.property(cuts, fc.nat(), (shards, at) => {
        expect(problemOf({ shards: change(shards, at % shards.length) })).toEqual(expect.any(String));
      }),
    );
  });

  it("are invalid when there are none", () => {
    expect(problemOf({ shards: [] })).toBe("it has no shards");
  });
});

/** A catalog whose collection `words` has each shard on two nodes, as a replication factor of 2 makes it. */
function twicePlaced(): Catalog {
  const catalog = sampleCatalog({ words: 1, books: 1 });
  const [words, books] = catalog.collections as [Catalog["collections"][0], Catalog["collections"][0]];
  const twice = words.shards.flatMap((shard) => [shard, { ...shard, group: 2 }]);
  return { ...catalog, collections: [{ ...words, shards: twice }, books] };
}

describe("a catalog with an invalid collection", () => {
  it("names the collection and what is wrong", () => {
    expect(invalidCollections(twicePlaced())).toEqual([
      { name: "words", problem: "shard 100 has several placements" },
    ]);
  });

  it("has the collection as it last was valid, and the others as they are", () => {
    const last = sampleCatalog({ words: 1 });
    const valid = validCatalog(twicePlaced(), last);
    expect(valid.collections.map(({ name }) => name)).toEqual(["words", "books"]);
    expect(valid.collections[0]).toBe(last.collections[0]);
    expect(valid.invalid).toEqual(invalidCollections(twicePlaced()));
  });

  it("lacks the collection when it never was valid, or is another one now", () => {
    const [words] = sampleCatalog({ words: 1 }).collections;
    const other = words && { ...words, id: 77 };
    for (const last of [[], twicePlaced().collections, other ? [other] : []]) {
      const { collections } = validCatalog(twicePlaced(), { collections: last });
      expect(collections.map(({ name }) => name)).toEqual(["books"]);
    }
  });

  it("is left alone when all of it is valid", () => {
    const catalog = sampleCatalog();
    expect(validCatalog(catalog, { collections: [] })).toBe(catalog);
  });
});
