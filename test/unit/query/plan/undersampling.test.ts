import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { undersampledEfSearch, undersampledRows } from "../../../../src/query/plan/undersampling.ts";

/** The chance that at least `rows` of `topK` lie in a target, when each does with chance `share`. */
function chanceOfAtLeast(rows: number, topK: number, share: number): number {
  let chances = [1];
  for (let hit = 0; hit < topK; hit += 1) {
    chances = Array.from(
      { length: chances.length + 1 },
      (_, i) => (chances[i] ?? 0) * (1 - share) + (chances[i - 1] ?? 0) * share,
    );
  }
  return chances.slice(rows).reduce((sum, chance) => sum + chance, 0);
}

it("undersamples so that at most one target in 300 gives all its rows and all of them are among the best", () => {
  const shares = [0.001, 0.01, 1 / 48, 1 / 12, 0.2, 0.5, 0.9];
  for (const topK of [1, 2, 10, 20, 100, 300]) {
    for (const share of shares) {
      const rows = undersampledRows(topK, share, 12);
      if (rows < topK) expect(chanceOfAtLeast(rows, topK, share)).toBeLessThan(1 / 300);
    }
  }
});

it("asks each of twelve equal targets for about a third of twenty rows", () => {
  expect(undersampledRows(20, 1 / 12, 12)).toBe(7);
  expect(undersampledRows(100, 1 / 12, 12)).toBe(19);
});

it("asks few targets, and targets of unknown size, for all rows", () => {
  expect(undersampledRows(20, 1 / 3, 3)).toBe(20);
  expect(undersampledRows(20, 0, 3)).toBe(20);
  expect(undersampledRows(20, undefined, 12)).toBe(20);
});

it("asks a target for at least one row and at most top_k", () => {
  const anyShare = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), anyShare, (topK, share) => {
      const rows = undersampledRows(topK, share, 12);
      expect(Number.isInteger(rows)).toBe(true);
      expect(rows).toBeGreaterThanOrEqual(1);
      expect(rows).toBeLessThanOrEqual(topK);
    }),
  );
});

describe("ef_search of an undersampled scan", () => {
  it("leaves ef_search as it is for all of top_k", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (a, b) => {
        expect(undersampledEfSearch(Math.max(a, b), Math.min(a, b), Math.min(a, b))).toBe(Math.max(a, b));
      }),
    );
  });

  it("scales ef_search with the square root of the part, to pgvector's default and no lower", () => {
    expect(undersampledEfSearch(100, 7, 20)).toBe(60);
    expect(undersampledEfSearch(400, 7, 20)).toBe(237);
    expect(undersampledEfSearch(100, 1, 100)).toBe(40);
    expect(undersampledEfSearch(40, 7, 20)).toBe(40);
    expect(undersampledEfSearch(24, 7, 20)).toBe(24);
  });

  it("keeps ef_search between the rows asked for and that of the search", () => {
    const one = fc.integer({ min: 1, max: 1000 });
    fc.assert(
      fc.property(one, one, one, (a, b, c) => {
        const [limit, topK, efSearch] = [a, b, c].sort((x, y) => x - y) as [number, number, number];
        const asked = undersampledEfSearch(efSearch, limit, topK);
        expect(asked).toBeGreaterThanOrEqual(limit);
        expect(asked).toBeLessThanOrEqual(efSearch);
      }),
    );
  });
});
