import { expect, it } from "vitest";
import { ScanCounters } from "../../../../src/collectors/nodes/count-scans.ts";

const sums = (hnswScans: number, btreeScans = 0, sequentialScans = 0) => ({
  hnswScans,
  btreeScans,
  sequentialScans,
});

it("adds up the scans of successive samples", () => {
  const counters = new ScanCounters();
  expect(counters.count(1, ["a", "b"], sums(100, 10, 1))).toEqual(sums(100, 10, 1));
  expect(counters.count(1, ["a", "b"], sums(150, 10, 2))).toEqual(sums(150, 10, 2));
  expect(counters.count(2, ["c"], sums(7))).toEqual(sums(7));
});

it("neither decreases when a shard leaves nor jumps when one arrives", () => {
  const counters = new ScanCounters();
  counters.count(1, ["a", "b"], sums(1_000));
  expect(counters.count(1, ["a"], sums(300))).toEqual(sums(1_000));
  expect(counters.count(1, ["a"], sums(320))).toEqual(sums(1_020));
  expect(counters.count(1, ["a", "c"], sums(5_320))).toEqual(sums(1_020));
  expect(counters.count(1, ["a", "c"], sums(5_330))).toEqual(sums(1_030));
});

it("continues where it was when the statistics of the server are lost", () => {
  const counters = new ScanCounters();
  counters.count(1, ["a"], sums(1_000, 50));
  expect(counters.count(1, ["a"], sums(3, 60))).toEqual(sums(1_000, 50));
  expect(counters.count(1, ["a"], sums(8, 62))).toEqual(sums(1_005, 52));
});
