import { expect, it } from "vitest";
import { everyNth } from "../../../src/lib/every-nth.ts";

/** Which of `calls` are due, counted from 1. */
function due(share: number, calls: number): readonly number[] {
  const isDue = everyNth(share);
  return Array.from({ length: calls }, (_, at) => at + 1).filter(() => isDue());
}

it("a share of 0.01 selects every hundredth call", () => {
  const found = due(0.01, 1_000);
  expect(found).toHaveLength(10);
  for (const [at, call] of found.entries()) expect(Math.abs(call - 100 * (at + 1))).toBeLessThanOrEqual(1);
});

it("a share of 0 selects no call, 1 every call, a half every second call", () => {
  expect(due(0, 50)).toEqual([]);
  expect(due(1, 3)).toEqual([1, 2, 3]);
  expect(due(0.5, 6)).toEqual([2, 4, 6]);
});
