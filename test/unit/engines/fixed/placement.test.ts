import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutRing, placeShards } from "../../../../src/engines/fixed/placement.ts";

const counts = fc.integer({ min: 1, max: 1024 });
const groupLists = fc.integer({ min: 1, max: 20 }).map((n) => Array.from({ length: n }, (_, i) => i + 1));

describe("cutRing", () => {
  it("cuts the whole ring without gaps or overlaps, in ranges of nearly equal size", () => {
    fc.assert(
      fc.property(counts, (count) => {
        const ranges = cutRing(count);
        expect(ranges).toHaveLength(count);
        expect(ranges[0]?.min).toBe(-(2 ** 31));
        expect(ranges.at(-1)?.max).toBe(2 ** 31 - 1);
        for (const [index, { min, max }] of ranges.entries()) {
          expect(max).toBeGreaterThanOrEqual(min);
          expect(Math.abs(max - min + 1 - 2 ** 32 / count)).toBeLessThan(count + 1);
          if (index > 0) expect(min).toBe((ranges[index - 1]?.max ?? Number.NaN) + 1);
        }
      }),
    );
  });
});

describe("placeShards", () => {
  it("gives every node group the same number of shards, or one more", () => {
    fc.assert(
      fc.property(fc.string(), counts, groupLists, (name, count, groups) => {
        const placed = placeShards(name, count, groups);
        expect(placed.map(({ min, max }) => ({ min, max }))).toEqual(cutRing(count));
        const held = groups.map((group) => placed.filter((shard) => shard.group === group).length);
        expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 50 },
    );
  });

  it("places shards alike in whatever order the node groups are", () => {
    expect(placeShards("words", 12, [3, 1, 2])).toEqual(placeShards("words", 12, [1, 2, 3]));
  });

  it("spreads different collections over the node groups differently", () => {
    const groupsOf = (name: string) => placeShards(name, 12, [1, 2, 3]).map(({ group }) => group);
    expect(groupsOf("words")).not.toEqual(groupsOf("sentences"));
  });
});
