import { expect, it } from "vitest";
import { estimateEndMs } from "../../../../src/operations/changes/move-progress.ts";
import type { MoveProgress } from "../../../../src/operations/types.ts";

const move = (changes: Partial<MoveProgress>): MoveProgress => ({
  shard: 1,
  collection: "c",
  source: "a:1",
  target: "b:1",
  state: "running",
  phase: "copy",
  fraction: 0,
  bytesDone: 0,
  bytesTotal: 10_000_000,
  ...changes,
});

it("estimates that the rest of the moves takes as long, byte for byte, as what is done", () => {
  const half = [move({ fraction: 1, startedAtMs: 1_000 }), move({ startedAtMs: 5_000 })];
  expect(estimateEndMs(half, 6_000)).toBe(11_000);
  const quarter = [move({ fraction: 0.5, startedAtMs: 1_000 }), move({ state: "pending" })];
  expect(estimateEndMs(quarter, 2_000)).toBe(5_000);
});

it("estimates no end near the beginning", () => {
  expect(estimateEndMs([move({ state: "pending" })], 2_000)).toBeUndefined();
  expect(estimateEndMs([move({ fraction: 0.02, startedAtMs: 1_000 })], 2_000)).toBeUndefined();
});
