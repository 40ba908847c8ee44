import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkSplitPoints, chooseSplitPoint } from "../../../../src/operations/changes/split-points.ts";

const RANGE = { min: -1_000, max: 1_000 };

describe("where a shard is split", () => {
  it("splits an empty shard in the middle", () => {
    expect(chooseSplitPoint([], RANGE)).toBe(0);
    expect(chooseSplitPoint([], { min: 4, max: 5 })).toBe(4);
  });

  it("splits a shard where the halves differ least, whatever the rows of each hash", () => {
    const weights = fc
      .uniqueArray(fc.integer({ min: RANGE.min, max: RANGE.max }), { minLength: 2, maxLength: 30 })
      .chain((hashes) =>
        fc
          .array(fc.integer({ min: 1, max: 1_000 }), { minLength: hashes.length, maxLength: hashes.length })
          .map((rows) =>
            hashes.toSorted((a, b) => a - b).map((hash, i) => ({ hash, rows: rows[i] as number })),
          ),
      );
    fc.assert(
      fc.property(weights, (ascending) => {
        const difference = (point: number) =>
          Math.abs(ascending.reduce((sum, { hash, rows }) => sum + (hash <= point ? rows : -rows), 0));
        const point = chooseSplitPoint(ascending, RANGE);
        const candidates = ascending.slice(0, -1).map(({ hash }) => difference(hash));
        expect(difference(point)).toBe(Math.min(...candidates));
        expect(() => checkSplitPoints([point], RANGE)).not.toThrow();
      }),
    );
  });

  it("refuses to split a shard whose rows, or whose range, have a single hash", () => {
    const refused = { code: "INVALID_REQUEST", message: expect.stringContaining("split_points") };
    expect(() => chooseSplitPoint([{ hash: 3, rows: 10 }], RANGE)).toThrow(expect.objectContaining(refused));
    expect(() => chooseSplitPoint([], { min: 3, max: 3 })).toThrow(expect.objectContaining(refused));
  });

  it.each([
    [[-1_001], "split_points[0]"],
    [[1_000], "split_points[0]"],
    [[5, 5], "split_points[1]"],
    [[5, 4], "split_points[1]"],
  ])("refuses the split points %j", (points, field) => {
    expect(() => checkSplitPoints(points, RANGE)).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST", message: expect.stringContaining(field) }),
    );
  });

  it("takes several split points, ascending, up to the last hash but one", () => {
    expect(() => checkSplitPoints([-1_000, 0, 999], RANGE)).not.toThrow();
  });
});
