import { expect, it } from "vitest";
import { bloatOf, type IndexWeight, nextBaseline } from "../../../../src/collectors/balance/track-bloat.ts";
import type { IndexBaseline } from "../../../../src/engines/engine.ts";

const size = (rows: number, indexBytes: number, indexFiles = "f1", group = 1): IndexWeight => ({
  shard: 102008,
  group,
  rows,
  indexBytes,
  indexFiles,
});
const baselineAfter = (...sizes: readonly IndexWeight[]) =>
  sizes.reduce<IndexBaseline | undefined>((before, next) => nextBaseline(before, next), undefined);

it("measures bloat against the fewest bytes per row since the index was built", () => {
  const baseline = baselineAfter(size(10_000, 5_000_000), size(10_000, 4_000_000), size(20_000, 9_000_000));
  expect(bloatOf(baseline, size(5_000, 4_000_000))).toBe(2);
  expect(bloatOf(baseline, size(10_000, 4_000_000))).toBe(1);
});

it("starts over with a rebuilt index", () => {
  const bloated = size(5_000, 4_000_000, "f2");
  const baseline = baselineAfter(size(10_000, 4_000_000, "f1"), bloated);
  expect(bloatOf(baseline, bloated)).toBe(1);
});

it("starts over with a shard that moved, even when its new file has the same name", () => {
  const arrived = size(5_000, 4_000_000, "f1", 2);
  expect(bloatOf(baselineAfter(size(10_000, 4_000_000, "f1", 1), arrived), arrived)).toBe(1);
});

it("knows no bloat below a thousand rows, and a lot of it for an emptied shard", () => {
  expect(bloatOf(baselineAfter(size(999, 1_000_000)), size(999, 1_000_000))).toBeUndefined();
  const baseline = baselineAfter(size(10_000, 4_000_000), size(0, 4_000_000));
  expect(bloatOf(baseline, size(0, 4_000_000))).toBeGreaterThan(1_000);
});
