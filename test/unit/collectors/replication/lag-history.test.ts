import { expect, it } from "vitest";
import { LagHistory } from "../../../../src/collectors/replication/lag-history.ts";

it("reports no lag for a standby that has everything, however long ago it was written", () => {
  const history = new LagHistory();
  history.record(100, 0);
  history.record(100, 3_600_000);
  expect(history.secondsBehind(100, 3_600_000)).toBe(0);
});

it("counts lag from the first sample beyond what the standby has", () => {
  const history = new LagHistory();
  for (let second = 0; second <= 60; second += 1) history.record(1_000 + second, second * 1000);
  expect(history.secondsBehind(1_060, 60_000)).toBe(0);
  expect(history.secondsBehind(1_059, 60_000)).toBe(0);
  expect(history.secondsBehind(1_049, 60_000)).toBe(10);
  expect(history.secondsBehind(0, 60_000)).toBe(60);
});

it("lets lag grow while the standby stands still and nothing more is written", () => {
  const history = new LagHistory();
  history.record(100, 0);
  history.record(200, 1_000);
  history.record(200, 9_000);
  expect(history.secondsBehind(100, 9_000)).toBe(8);
});

it("starts over on another timeline", () => {
  const history = new LagHistory();
  history.record(500, 0);
  history.record(100, 1_000);
  expect(history.secondsBehind(100, 5_000)).toBe(0);
});

it("stays right to a sample or two over days with a bounded history", () => {
  const history = new LagHistory();
  const samples = 100_000;
  for (let at = 0; at < samples; at += 1) history.record(at, at * 1_000);
  const nowMs = (samples - 1) * 1_000;
  expect(history.secondsBehind(samples - 11, nowMs)).toBeCloseTo(9, 0);
  for (const behind of [300, 3_000, 50_000, 90_000]) {
    const seconds = history.secondsBehind(samples - 1 - behind, nowMs);
    expect(seconds).toBeGreaterThan(0.95 * behind);
    expect(seconds).toBeLessThanOrEqual(behind);
  }
});
