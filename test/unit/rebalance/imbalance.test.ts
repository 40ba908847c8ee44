import { expect, test } from "vitest";
import { imbalance } from "../../../src/rebalance/imbalance.ts";

test("imbalance is how much the fullest has above the mean", () => {
  expect(imbalance([10, 10, 10])).toBe(0);
  expect(imbalance([13, 9, 8])).toBeCloseTo(0.3);
  expect(imbalance([30, 0, 0])).toBe(2);
});

test("with nothing to share out there is no imbalance", () => {
  expect(imbalance([])).toBe(0);
  expect(imbalance([0, 0])).toBe(0);
});
