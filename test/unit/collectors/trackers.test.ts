import { describe, expect, test } from "vitest";
import { BaselineKeeper } from "../../../src/collectors/balance/keep-baselines.ts";
import { bloatOf, type IndexWeight, nextBaseline } from "../../../src/collectors/balance/track-bloat.ts";
import { ScanCounters } from "../../../src/collectors/nodes/count-scans.ts";
import type { RunningBuild } from "../../../src/collectors/nodes/node-statement.ts";
import { BuildTracker } from "../../../src/collectors/nodes/track-builds.ts";
import { createOperationsCollector } from "../../../src/collectors/operations/collect-operations.ts";
import { recallOf } from "../../../src/collectors/recall/collect-recall.ts";
import type { IndexBaseline } from "../../../src/engines/engine.ts";
import { OrreryError } from "../../../src/errors.ts";
import type { Operation } from "../../../src/operations/types.ts";
import type { FoundRow } from "../../../src/shards/sql/search.ts";

describe("bloat of an index", () => {
  const size = (rows: number, indexBytes: number, indexFiles = "f1", group = 1): IndexWeight => ({
    shard: 102008,
    group,
    rows,
    indexBytes,
    indexFiles,
  });
  const baselineAfter = (...sizes: readonly IndexWeight[]) =>
    sizes.reduce<IndexBaseline | undefined>((before, next) => nextBaseline(before, next), undefined);

  test("is measured against the least bytes per row since the index was built", () => {
    const baseline = baselineAfter(size(10_000, 5_000_000), size(10_000, 4_000_000), size(20_000, 9_000_000));
    expect(bloatOf(baseline, size(5_000, 4_000_000))).toBe(2);
    expect(bloatOf(baseline, size(10_000, 4_000_000))).toBe(1);
  });

  test("starts over with a rebuilt index", () => {
    const bloated = size(5_000, 4_000_000, "f2");
    const baseline = baselineAfter(size(10_000, 4_000_000, "f1"), bloated);
    expect(bloatOf(baseline, bloated)).toBe(1);
  });

  test("starts over with a shard that moved, whatever its new file is called", () => {
    const arrived = size(5_000, 4_000_000, "f1", 2);
    expect(bloatOf(baselineAfter(size(10_000, 4_000_000, "f1", 1), arrived), arrived)).toBe(1);
  });

  test("is unknown below a thousand rows, and an emptied shard is bloated", () => {
    expect(bloatOf(baselineAfter(size(999, 1_000_000)), size(999, 1_000_000))).toBeUndefined();
    const baseline = baselineAfter(size(10_000, 4_000_000), size(0, 4_000_000));
    expect(bloatOf(baseline, size(0, 4_000_000))).toBeGreaterThan(1_000);
  });
});

describe("baselines that are kept", () => {
  const weight = (shard: number, bytesPerRow: number, indexFiles = "f1"): IndexWeight => ({
    shard,
    group: 1,
    rows: 10_000,
    indexBytes: 10_000 * bytesPerRow,
    indexFiles,
  });
  /** A database that keeps them, and a coordinator over it in the term `leader term.term`. */
  function cluster() {
    const rows = new Map<number, IndexBaseline>();
    const leaderTerm: { term: number | undefined; error?: OrreryError } = { term: 1 };
    const writes: IndexBaseline[][] = [];
    const stored = {
      async read() {
        if (leaderTerm.error !== undefined) throw leaderTerm.error;
        return [...rows.values()];
      },
      async put(baselines: readonly IndexBaseline[], { shards }: { shards: readonly number[] }) {
        writes.push([...baselines]);
        for (const baseline of baselines) rows.set(baseline.shard, baseline);
        for (const shard of rows.keys()) if (!shards.includes(shard)) rows.delete(shard);
      },
    };
    const failures: string[] = [];
    const look = {
      signal: new AbortController().signal,
      nodeTimeoutMs: 1_000,
      failed: (error: OrreryError) => failures.push(error.code),
      asked: () => () => {},
    };
    const leader = () => new BaselineKeeper({ stored, term: () => leaderTerm.term });
    const lookOf = async (keeper: BaselineKeeper, ...weights: readonly IndexWeight[]) => {
      const shards = new Set(weights.map(({ shard }) => shard));
      await keeper.read(look);
      const baselines = keeper.next(weights, shards);
      await keeper.write(shards, look);
      return weights.map((each) => bloatOf(baselines.get(each.shard), each));
    };
    return { rows, leaderTerm, writes, failures, leader, lookOf };
  }

  test("are those of the leader before, also after it was unreadable for a while", async () => {
    const { leaderTerm, failures, writes, leader, lookOf } = cluster();
    expect(await lookOf(leader(), weight(1, 400))).toEqual([1]);
    leaderTerm.term = 2;
    leaderTerm.error = new OrreryError("NODE_UNAVAILABLE", "down");
    const second = leader();
    expect(await lookOf(second, weight(1, 800))).toEqual([1]);
    expect({ failures, writes: writes.length }).toEqual({ failures: ["NODE_UNAVAILABLE"], writes: 1 });
    leaderTerm.error = undefined;
    expect(await lookOf(second, weight(1, 800))).toEqual([2]);
    expect(writes.length).toBe(1);
  });

  test("are read again in each leader term, and only written in one", async () => {
    const { rows, leaderTerm, leader, lookOf } = cluster();
    const first = leader();
    await lookOf(first, weight(1, 400));
    rows.set(1, { shard: 1, build: "1:f1", bytesPerRow: 200 });
    expect(await lookOf(first, weight(1, 400))).toEqual([1]);
    leaderTerm.term = 3;
    expect(await lookOf(first, weight(1, 400))).toEqual([2]);
    leaderTerm.term = undefined;
    await lookOf(first, weight(1, 100));
    expect(rows.get(1)?.bytesPerRow).toBe(200);
  });

  test("are written when they change by more than a little, and dropped with their shard", async () => {
    const { rows, writes, leader, lookOf } = cluster();
    const keeper = leader();
    await lookOf(keeper, weight(1, 400), weight(2, 400));
    await lookOf(keeper, weight(1, 399), weight(2, 300));
    expect(writes.map((each) => each.map(({ shard }) => shard))).toEqual([[1, 2], [2]]);
    await lookOf(keeper, weight(2, 300));
    expect([...rows.keys()]).toEqual([2]);
    await lookOf(keeper, weight(2, 300));
    expect(writes.length).toBe(3);
  });

  test("are missed by nobody where the schema has no place for them", async () => {
    const { leaderTerm, failures, leader, lookOf } = cluster();
    leaderTerm.error = new OrreryError("NODE_NOT_MIGRATED", "no table");
    expect(await lookOf(leader(), weight(1, 400))).toEqual([1]);
    expect(failures).toEqual([]);
  });
});

describe("scans of the shards on a node", () => {
  const sums = (hnswScans: number, btreeScans = 0, sequentialScans = 0) => ({
    hnswScans,
    btreeScans,
    sequentialScans,
  });

  test("are counted from look to look", () => {
    const counters = new ScanCounters();
    expect(counters.count(1, ["a", "b"], sums(100, 10, 1))).toEqual(sums(100, 10, 1));
    expect(counters.count(1, ["a", "b"], sums(150, 10, 2))).toEqual(sums(150, 10, 2));
    expect(counters.count(2, ["c"], sums(7))).toEqual(sums(7));
  });

  test("neither fall when a shard leaves, nor leap when one comes", () => {
    const counters = new ScanCounters();
    counters.count(1, ["a", "b"], sums(1_000));
    expect(counters.count(1, ["a"], sums(300))).toEqual(sums(1_000));
    expect(counters.count(1, ["a"], sums(320))).toEqual(sums(1_020));
    expect(counters.count(1, ["a", "c"], sums(5_320))).toEqual(sums(1_020));
    expect(counters.count(1, ["a", "c"], sums(5_330))).toEqual(sums(1_030));
  });

  test("go on where they were when the statistics of the server are lost", () => {
    const counters = new ScanCounters();
    counters.count(1, ["a"], sums(1_000, 50));
    expect(counters.count(1, ["a"], sums(3, 60))).toEqual(sums(1_000, 50));
    expect(counters.count(1, ["a"], sums(8, 62))).toEqual(sums(1_005, 52));
  });
});

describe("builds of indexes", () => {
  const build = (over: Partial<RunningBuild> = {}): RunningBuild => ({
    pid: 1,
    relation: "c_7_102008",
    hnsw: true,
    progress: 0.5,
    elapsedSeconds: null,
    ...over,
  });

  test("are over when they are seen no more, after what the server said or else what was seen", () => {
    const tracker = new BuildTracker();
    expect(tracker.track([build(), build({ pid: 2, elapsedSeconds: 30 })], 1_000)).toEqual([]);
    expect(tracker.track([build(), build({ pid: 2, elapsedSeconds: 45 })], 16_000)).toEqual([]);
    expect(tracker.track([], 31_000)).toEqual([15_000, 45_000]);
    expect(tracker.track([], 46_000)).toEqual([]);
  });

  test("of other indexes do not count", () => {
    const tracker = new BuildTracker();
    tracker.track([build({ hnsw: false })], 0);
    expect(tracker.track([], 1_000)).toEqual([]);
  });
});

test("operations are counted by kind and state; one whose record does not change is idle", async () => {
  let nowMs = 0;
  const operation = (id: string, state: Operation["state"]) =>
    ({ id, kind: "rebalance", state }) as Operation;
  let stored = [
    { value: operation("a", "running"), revision: "1" },
    { value: operation("b", "done"), revision: "2" },
    { value: operation("c", "done"), revision: "3" },
  ];
  const unreadable = [{ value: { id: "x", problem: "no JSON" }, revision: "4" }];
  const look = { signal: new AbortController().signal, failed() {} };
  const collector = createOperationsCollector({
    records: { scan: async () => ({ operations: stored, unreadable }) },
    monotonicMs: () => nowMs,
  });
  const collect = () => collector(look);
  await collect();
  nowMs = 60_000;
  const idle = await collect();
  expect(idle.counts).toEqual([
    { kind: "rebalance", state: "running", count: 1 },
    { kind: "rebalance", state: "done", count: 2 },
  ]);
  expect(idle.idleSeconds.get("rebalance")).toBe(60);
  expect(idle.unreadable).toBe(1);
  stored = [{ value: operation("a", "running"), revision: "9" }];
  expect((await collect()).idleSeconds.get("rebalance")).toBe(0);
});

test("operations that the database keeps are counted with the others, also while it does not answer", async () => {
  const failures: string[] = [];
  const look = {
    signal: new AbortController().signal,
    failed: (error: OrreryError) => failures.push(error.code),
    asked: () => () => {},
  };
  const done = { kind: "move_shard", state: "done", count: 3 } as const;
  let answer = async () => [done];
  const collect = createOperationsCollector({
    records: {
      scan: async () => ({
        operations: [{ value: { id: "a", kind: "move_shard", state: "done" } as Operation, revision: "1" }],
        unreadable: [],
      }),
    },
    countFinished: () => answer(),
    monotonicMs: () => 0,
  });
  const counted = {
    counts: [{ ...done, count: 4 }],
    idleSeconds: new Map([["move_shard", 0]]),
    unreadable: 0,
  };
  expect(await collect(look)).toEqual(counted);
  answer = () => Promise.reject(new OrreryError("NODE_UNAVAILABLE", "down"));
  expect(await collect(look)).toEqual(counted);
  expect(failures).toEqual(["NODE_UNAVAILABLE"]);
});

test("recall counts what is as near as the truth, whichever of equals it is", () => {
  const row = (key: string, similarity: number) =>
    ({ key, similarity, namespace: "n", branch: 0 }) as FoundRow;
  const truth = [row("a", 1), row("b", 0.9), row("c", 0.8), row("d", 0.8)];
  expect(recallOf([row("a", 1), row("b", 0.9), row("c", 0.8), row("e", 0.8)], truth)).toBe(1);
  expect(recallOf([row("a", 1), row("x", 0.7)], truth)).toBe(0.25);
});
