import { expect, it } from "vitest";
import { ProgressDeadline } from "../../../src/lib/progress-deadline.ts";

const LIMITS = { timeoutMs: 1_000, minBytesPerSecond: 100 };

it("passes after the timeout without progress, whatever came before", () => {
  const deadline = new ProgressDeadline(LIMITS, 0);
  deadline.progressed(1e9, 500);
  expect(deadline.leftMs(1_500)).toBe(0);
  expect(deadline.leftMs(1_501)).toBe(-1);
});

it("never passes while progress is as fast as it must be, and does when it is slower", () => {
  const steady = new ProgressDeadline(LIMITS, 0);
  const slow = new ProgressDeadline(LIMITS, 0);
  for (let at = 100; at <= 10_000; at += 100) {
    steady.progressed(10, at);
    slow.progressed(8, at);
  }
  expect(steady.leftMs(10_000)).toBeGreaterThanOrEqual(0);
  expect(slow.leftMs(10_000)).toBeLessThan(0);
});
