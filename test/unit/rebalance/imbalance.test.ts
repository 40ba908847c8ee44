import { expect, it } from "vitest";
import { imbalance } from "../../../src/rebalance/imbalance.ts";

it("measures the imbalance as how far the fullest is above the mean", () => {
  expect(imbalance([10, 10, 10])).toBe(0);
  expect(imbalance([13, 9, 8])).toBeCloseTo(0.3);
  expect(imbalance([30, 0, 0])).toBe(2);
});

it("finds no imbalance where there is nothing to share out", () => {
  expect(imbalance([])).toBe(0);
  expect(imbalance([0, 0])).toBe(0);
});
