import { describe, expect, it } from "vitest";
import { filterShare } from "../../../../src/query/plan/filter-share.ts";
import type { Filter } from "../../../../src/query/types.ts";

const statistics = {
  tags: {
    common: new Map([
      ["a", 0.4],
      ["b", 0.1],
    ]),
    leastShare: 0.02,
  },
  createdAtUs: [0, 100, 200, 1_000, 2_000],
};
const shareOf = (filter: Filter) => filterShare(filter, statistics);
const any = (...tags: string[]): Filter => ({ kind: "tags", match: "any", tags });
const time = (fromUs?: bigint, untilUs?: bigint): Filter => ({
  kind: "time",
  field: "created_at",
  ...(fromUs !== undefined && { fromUs }),
  ...(untilUs !== undefined && { untilUs }),
});

describe("the part of the rows that a filter holds for", () => {
  it("is the sum of any of several tags, the product of all of them, and little of a rare one", () => {
    expect(shareOf(any("a"))).toBe(0.4);
    expect(shareOf(any("a", "b"))).toBeCloseTo(0.5);
    expect(shareOf({ kind: "tags", match: "all", tags: ["a", "b"] })).toBeCloseTo(0.04);
    expect(shareOf(any("never seen"))).toBe(0.02);
    expect(shareOf(any(...Array.from({ length: 64 }, () => "a")))).toBe(1);
  });

  it("is between the bounds of times, by where in them it begins and ends", () => {
    expect(shareOf(time(100n))).toBeCloseTo(0.75);
    expect(shareOf(time(undefined, 150n))).toBeCloseTo(0.375);
    expect(shareOf(time(100n, 600n))).toBeCloseTo(0.375);
    expect(shareOf(time(-5n))).toBe(1);
    expect(shareOf(time(5_000n))).toBeGreaterThan(0);
  });

  it("is that of conditions which have nothing to do with each other", () => {
    expect(shareOf({ kind: "and", filters: [any("a"), time(100n)] })).toBeCloseTo(0.3);
    expect(shareOf({ kind: "or", filters: [any("a"), any("b")] })).toBeCloseTo(0.46);
    expect(shareOf({ kind: "not", filter: any("a") })).toBeCloseTo(0.6);
  });

  it("is unknown as soon as a condition is about what there are no statistics of", () => {
    const unknown: Filter = { kind: "keyPrefix", prefix: "a" };
    expect(shareOf(unknown)).toBeUndefined();
    expect(shareOf({ kind: "and", filters: [any("a"), unknown] })).toBeUndefined();
    expect(shareOf({ kind: "not", filter: unknown })).toBeUndefined();
    expect(shareOf({ ...time(1n), field: "updated_at" } as Filter)).toBeUndefined();
    expect(filterShare(any("a"), {})).toBeUndefined();
    expect(filterShare(time(1n), {})).toBeUndefined();
  });
});
