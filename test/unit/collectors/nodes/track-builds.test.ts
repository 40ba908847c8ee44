import { expect, it } from "vitest";
import type { RunningBuild } from "../../../../src/collectors/nodes/node-statement.ts";
import { BuildTracker } from "../../../../src/collectors/nodes/track-builds.ts";

const build = (over: Partial<RunningBuild> = {}): RunningBuild => ({
  pid: 1,
  relation: "c_7_102008",
  hnsw: true,
  progress: 0.5,
  elapsedSeconds: null,
  ...over,
});

it("times a build that has disappeared by the server's account, or else by the samples that saw it", () => {
  const tracker = new BuildTracker();
  expect(tracker.track([build(), build({ pid: 2, elapsedSeconds: 30 })], 1_000)).toEqual([]);
  expect(tracker.track([build(), build({ pid: 2, elapsedSeconds: 45 })], 16_000)).toEqual([]);
  expect(tracker.track([], 31_000)).toEqual([15_000, 45_000]);
  expect(tracker.track([], 46_000)).toEqual([]);
});

it("ignores the builds of other indexes", () => {
  const tracker = new BuildTracker();
  tracker.track([build({ hnsw: false })], 0);
  expect(tracker.track([], 1_000)).toEqual([]);
});
