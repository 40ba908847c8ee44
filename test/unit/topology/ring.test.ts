import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText, shardAt, shardsCovering } from "../../../src/topology/ring.ts";
import type { Collection, HashRange } from "../../../src/topology/shard-map.ts";

const RING: HashRange = { min: -(2 ** 31), max: 2 ** 31 - 1 };

const anyHash = fc.integer(RING);
const anyRange = fc.tuple(anyHash, anyHash).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));

/** Collections whose ring is cut at arbitrary hashes, so ranges of a single hash and of nearly all occur. */
const anyCollection = fc
  .uniqueArray(fc.oneof(anyHash, fc.integer({ min: -3, max: 3 })), { maxLength: 40 })
  .map((cuts) => collectionCutAt(cuts.filter((cut) => cut > RING.min).toSorted((a, b) => a - b)));

/** `cuts`: the first hashes of all shards but the first, ascending. */
function collectionCutAt(cuts: readonly number[]): Collection {
  const starts = [RING.min, ...cuts];
  return {
    id: 1,
    name: "memory_entries",
    table: "memory_entries",
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
    shards: starts.map((min, index) => ({
      id: 100 + index,
      group: 1 + (index % 3),
      min,
      max: (starts[index + 1] ?? RING.max + 1) - 1,
    })),
  };
}

function holds(range: HashRange, hash: number): boolean {
  return range.min <= hash && hash <= range.max;
}

describe("hashText", () => {
  // From PostgreSQL: SELECT hashtext('...'). The lengths stand around the 12-byte blocks of the hash.
  it.each([
    ["", -1477818771],
    ["a", 1075015857],
    ["tenant-1", -475081847],
    ["abcdefghijk", -1483803693],
    ["abcdefghijkl", -1586087212],
    ["abcdefghijklm", 405849808],
    ["tenant-1\u001fh03", 503216910],
    ["m\u00fcnchen \u{1F600} \u6771\u4eac", 90086500],
    ["x".repeat(10_000), -1864316577],
  ])("hashes text as PostgreSQL's hashtext does (case %#)", (text, hash) => {
    expect(hashText(text)).toBe(hash);
  });
});

describe("shardAt", () => {
  it("finds the one shard whose range holds the hash", () => {
    fc.assert(
      fc.property(anyCollection, anyHash, (collection, hash) => {
        const holders = collection.shards.filter((shard) => holds(shard, hash));
        expect([shardAt(collection, hash)]).toEqual(holders);
      }),
    );
  });

  it("finds a shard by both ends of its range", () => {
    fc.assert(
      fc.property(anyCollection, (collection) => {
        for (const shard of collection.shards) {
          expect(shardAt(collection, shard.min)).toBe(shard);
          expect(shardAt(collection, shard.max)).toBe(shard);
        }
      }),
    );
  });

  it("refuses a hash that no shard covers", () => {
    const whole = collectionCutAt([-10, 10]);
    const gap = { ...whole, shards: whole.shards.filter((shard) => shard.min !== -10) };
    for (const hash of [-10, 0, 9]) expect(() => shardAt(gap, hash)).toThrow(RangeError);
    expect(shardAt(gap, 10)).toBe(whole.shards[2]);
    expect(() => shardAt({ ...whole, shards: [] }, 0)).toThrow(RangeError);
  });
});

describe("shardsCovering", () => {
  it("returns all shards for the whole ring", () => {
    fc.assert(
      fc.property(anyCollection, (collection) => {
        expect(shardsCovering(collection, RING)).toEqual(collection.shards);
      }),
    );
  });

  it("returns the shards from that of the first hash to that of the last, in ring order", () => {
    fc.assert(
      fc.property(anyCollection, anyRange, (collection, range) => {
        const first = collection.shards.indexOf(shardAt(collection, range.min));
        const last = collection.shards.indexOf(shardAt(collection, range.max));
        expect(shardsCovering(collection, range)).toEqual(collection.shards.slice(first, last + 1));
      }),
    );
  });

  it("returns, for the range of a shard, the shards that it was split into", () => {
    fc.assert(
      fc.property(anyCollection, fc.uniqueArray(anyHash, { maxLength: 5 }), (before, moreCuts) => {
        const cuts = new Set([...before.shards.map((shard) => shard.min), ...moreCuts]);
        cuts.delete(RING.min);
        const after = collectionCutAt([...cuts].toSorted((a, b) => a - b));
        for (const { min, max } of before.shards) {
          const pieces = shardsCovering(after, { min, max });
          expect(pieces.at(0)?.min).toBe(min);
          expect(pieces.at(-1)?.max).toBe(max);
        }
      }),
    );
  });
});
