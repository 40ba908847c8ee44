import { expect, it } from "vitest";
import { backoffMs } from "../../../src/lib/backoff.ts";

it("backoff doubles from the base up to the maximum, less up to half", () => {
  const limits = { baseMs: 100, maxMs: 1_000 };
  expect([0, 1, 2, 3, 4, 60].map((attempt) => backoffMs(attempt, limits, () => 0))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
  expect(backoffMs(2, limits, () => 1)).toBe(200);
});
