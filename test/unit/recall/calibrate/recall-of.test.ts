import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recallOfQuery, recallOfTaken } from "../../../../src/recall/calibrate/recall-of.ts";

const one = (distances: readonly number[], isLossy = false) => ({
  shards: [distances],
  shares: [1],
  isLossy,
  metric: "l2" as const,
});
const wanted = { topK: 3, oversampling: 1 };

describe("recallOfQuery", () => {
  it("is the part of the nearest that the index gave", () => {
    expect(recallOfQuery(one([1, 2, 3]), [1, 2, 3], wanted)).toBe(1);
    expect(recallOfQuery(one([1, 4, 5]), [1, 2, 3], wanted)).toBeCloseTo(1 / 3, 10);
    expect(recallOfQuery(one([]), [1, 2, 3], wanted)).toBe(0);
  });

  it("counts any of the records that are equally near, and none twice", () => {
    expect(recallOfQuery(one([1, 1, 1]), [1, 1, 1, 1], wanted)).toBe(1);
    expect(recallOfQuery(one([1, 2]), [1, 2], wanted)).toBe(1);
    expect(recallOfQuery(one([]), [], wanted)).toBe(1);
  });

  it("lets a lossy index choose among its candidates only, by their exact distance", () => {
    const given = [5, 1, 4, 2, 3];
    expect(recallOfQuery(one(given, true), [1, 2, 3], wanted)).toBeCloseTo(1 / 3, 10);
    expect(recallOfQuery(one(given, true), [1, 2, 3], { topK: 3, oversampling: 4 / 3 })).toBeCloseTo(
      2 / 3,
      10,
    );
    expect(recallOfQuery(one(given, true), [1, 2, 3], { topK: 3, oversampling: 2 })).toBe(1);
  });

  it("asks many shards for their share, and in full those that may hold more", () => {
    const shares = Array<number>(12).fill(1 / 12);
    const far = Array.from({ length: 10 }, (_, index) => 100 + index);
    const near = Array.from({ length: 10 }, (_, index) => index);
    const shards = [near, ...Array.from({ length: 11 }, () => far)];
    // All ten are in one shard, of which no more than five are asked at first.
    const given = { shards, shares, isLossy: false, metric: "l2" as const };
    expect(recallOfQuery(given, near, { topK: 10, oversampling: 1 })).toBe(1);
  });

  it("loses what a shard that was asked for its share only gave after nearer rows of another batch", () => {
    const shares = Array<number>(12).fill(1 / 12);
    const far = (at: number) => Array.from({ length: 10 }, (_, index) => 100 + 10 * at + index);
    // The five first rows are in order and the fifth is far, so the shard is not asked again.
    const shards = [[0, 1, 2, 3, 500, 4], ...Array.from({ length: 11 }, (_, at) => far(at))];
    const given = { shards, shares, isLossy: false, metric: "l2" as const };
    const truth = [0, 1, 2, 3, 4, 100, 101, 102, 103, 104];
    expect(recallOfQuery(given, truth, { topK: 10, oversampling: 1 })).toBe(0.9);
  });

  it("is 1 exactly when the hits are the nearest there are", () => {
    const shard = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(shard, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 12 }),
        (all, topK) => {
          const sorted = all.map((distances) => distances.toSorted((a, b) => a - b));
          const total = Math.max(1, all.flat().length);
          const shares = all.map((distances) => distances.length / total);
          const truth = all.flat().sort((a, b) => a - b);
          expect(
            recallOfQuery({ shards: sorted, shares, isLossy: false, metric: "l2" as const }, truth, {
              topK,
              oversampling: 1,
            }),
          ).toBe(1);
        },
      ),
    );
  });
});

it("recallOfTaken orders the first rows that count, and no others", () => {
  expect(recallOfTaken([3, 2, 1], [1, 2], 2, 2)).toBe(0.5);
  expect(recallOfTaken([3, 2, 1], [1, 2], 2, 3)).toBe(1);
});
