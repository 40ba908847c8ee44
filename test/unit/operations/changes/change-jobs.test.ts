import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import type { ChangeDeps } from "../../../../src/operations/changes/change-deps.ts";
import { createChangeJobs } from "../../../../src/operations/changes/change-jobs.ts";
import { pendingMove } from "../../../../src/operations/changes/move-arguments.ts";
import type { JobContext, Progress } from "../../../../src/operations/job.ts";
import type { ClusterOperationKind, JsonObject, MoveProgress } from "../../../../src/operations/types.ts";
import { hashText } from "../../../../src/topology/ring.ts";
import { noopLogger } from "../../../contract/noop-logger.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { MemoryCluster } from "../changing-cluster.ts";

const DISK_FULL = new OrreryError("STATEMENT_FAILED", "disk full", {
  details: { metadata: { sqlstate: "53100" } },
});
const SHARD_OF_NS = 1 + Math.floor((hashText("ns") + 2 ** 31) / 2 ** 30);
const MOVE = pendingMove({ shard: SHARD_OF_NS, collection: "c", source: "n1:1", target: "n2:1" });

/** A clock by which every look is a minute and a half after the one before. */
const HASTY = () => performance.now() * 100_000;

function run(
  cluster: MemoryCluster,
  kind: ClusterOperationKind,
  args: JsonObject,
  moves?: readonly MoveProgress[],
  epochMs = () => performance.now(),
) {
  const cancel = new AbortController();
  const stages: string[] = [];
  let progress: Progress = {};
  const fractions: number[] = [];
  const report = (change: Progress) => {
    progress = { ...progress, ...change };
    if (change.fraction !== undefined) fractions.push(change.fraction);
  };
  const context = {
    operation: { id: "op", kind, stage: "", arguments: args, ...(moves && { moves }) },
    leaderTerm: { term: 1 },
    signal: new AbortController().signal,
    cancelled: cancel.signal,
    report,
    enter: async (stage: string) => {
      stages.push(stage);
    },
    save: async () => {},
  } as unknown as JobContext;
  const deps = {
    changes: cluster.changes,
    relations: { readRelation: () => "r" },
    limits: { obstacle: async () => undefined },
    observer: { shardMoved() {}, movesThrottled() {}, movesResumed() {} },
    publishNow: async () => {},
    epochMs,
    logger: noopLogger,
    map: { current: () => ({ ...cluster.catalog(), epoch: 1 }) },
    store: {
      load: async () => ({ value: { ...cluster.catalog(), epoch: 1 }, revision: "1" }),
      coordinators: async () => [],
    },
  } as unknown as ChangeDeps;
  const ended = createChangeJobs(deps)[kind].run(context);
  ended.catch(() => {});
  return { ended, cancel, stages, fractions, progress: () => progress };
}

describe("an operation that fails", () => {
  it("cleans up what its statement left, under the stage that a later leader would try again", async () => {
    const cluster = new MemoryCluster();
    cluster.broken = DISK_FULL;
    const { ended, stages } = run(cluster, "move_shard", {}, [MOVE]);
    await expect(ended).rejects.toBe(DISK_FULL);
    expect(stages).toEqual(["move"]);
    expect(cluster.cleanUps).toBe(1);
  });
});

describe("a move that was made", () => {
  it("is done although its target cannot be analysed and nobody can note how long it took", async () => {
    const cluster = new MemoryCluster();
    cluster.brokenAfterMoves = DISK_FULL;
    expect(await run(cluster, "move_shard", {}, [MOVE]).ended).toMatchObject({ state: "done" });
  });

  it("ends with the leader term when another leader has begun", async () => {
    const cluster = new MemoryCluster();
    cluster.brokenAfterMoves = new OrreryError("NOT_LEADER", "another leader has begun");
    await expect(run(cluster, "move_shard", {}, [MOVE]).ended).rejects.toMatchObject({ code: "NOT_LEADER" });
  });
});

describe("a move that waited for other operations", () => {
  it.each([
    ["its target is drained", (cluster: MemoryCluster) => cluster.drained.add("n2:1")],
    ["a namespace of it is pinned elsewhere", (cluster: MemoryCluster) => cluster.pins.set("ns", 1)],
  ])("is refused when %s by then", async (_, change) => {
    const cluster = new MemoryCluster();
    change(cluster);
    const { ended } = run(cluster, "move_shard", {}, [MOVE]);
    await expect(ended).rejects.toMatchObject({ code: "PLACEMENT_REFUSED" });
    expect(cluster.begun).toEqual([]);
    const begun = { ...MOVE, state: "running" as const };
    expect(await run(cluster, "move_shard", {}, [begun]).ended).toMatchObject({ state: "done" });
  });

  it("is made when what is pinned is pinned to where it goes", async () => {
    const cluster = new MemoryCluster();
    cluster.pins.set("ns", 2);
    expect(await run(cluster, "move_shard", {}, [MOVE]).ended).toMatchObject({ state: "done" });
  });
});

describe("isolating a namespace", () => {
  it("cuts its shard out, moves that, and never seems to go back", async () => {
    const cluster = new MemoryCluster();
    const { min, max } = { min: -(2 ** 31), max: 2 ** 31 - 1 };
    const asked = { collection: "c", namespace: "ns", target: "n2:1", shard: SHARD_OF_NS, min, max };
    const { ended, fractions } = run(cluster, "isolate_namespace", asked);
    expect(await ended).toMatchObject({ state: "done", result: { shard: 5, moved: 1 } });
    expect(cluster.groups.get(5)).toBe(2);
    expect(fractions.length).toBeGreaterThan(3);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
  });
});

describe("pinning a namespace", () => {
  const asked = { collection: "c", namespace: "ns", target: "n2:1" };

  it("records the pin and moves the shard group there", async () => {
    const cluster = new MemoryCluster();
    expect(await run(cluster, "update_namespace", asked, [MOVE]).ended).toMatchObject({ state: "done" });
    expect(cluster.pins.get("ns")).toBe(2);
    expect(cluster.groups.get(SHARD_OF_NS)).toBe(2);
  });

  it.each([
    ["none", undefined],
    ["another", 3],
  ])("leaves the pin as it was, %s, when the move is cancelled or fails", async (_, before) => {
    const pinned = { ...asked, ...(before !== undefined && { pinned_to: before }) };
    const cancelled = new MemoryCluster();
    cancelled.held = true;
    const { ended, cancel } = run(cancelled, "update_namespace", pinned, [MOVE]);
    await waitFor(() => cancelled.begun.length === 1, { what: "the move" });
    expect(cancelled.pins.get("ns")).toBe(2);
    cancel.abort();
    expect(await ended).toMatchObject({ state: "cancelled" });
    expect(cancelled.pins.get("ns")).toBe(before);

    const failing = new MemoryCluster();
    failing.broken = DISK_FULL;
    await expect(run(failing, "update_namespace", pinned, [MOVE]).ended).rejects.toBe(DISK_FULL);
    expect(failing.pins.get("ns")).toBe(before);
  });

  it("keeps the pin when it is asked to stop after the move is made", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    cluster.phases.set(SHARD_OF_NS, "final catch-up");
    const { ended, cancel } = run(cluster, "update_namespace", asked, [MOVE]);
    await waitFor(() => cluster.begun.length === 1, { what: "the move" });
    cancel.abort();
    cluster.release();
    expect(await ended).toMatchObject({ state: "done" });
    expect(cluster.pins.get("ns")).toBe(2);
  });
});

describe("adding a node", () => {
  it("copies the reference tables, again when that did not work", async () => {
    const cluster = new MemoryCluster();
    cluster.failures.push(new OrreryError("STATEMENT_CONFLICT", "could not acquire the lock required"));
    await run(cluster, "add_node", { node: "n3:1" }).ended;
    expect(cluster.referenceTables).toBe(true);
  });
});

describe("removing a node that is lost on the way", () => {
  const silent = new OrreryError("NODE_UNAVAILABLE", "no answer", {
    details: { metadata: { node: "n3:1" } },
  });
  const lost = (told: () => Promise<void>) => {
    const cluster = new MemoryCluster();
    const removed: boolean[] = [];
    // The map that is served when it is removed.
    const { nodes, ...rest } = cluster.catalog();
    cluster.catalog = () => ({ ...rest, nodes: nodes.filter(({ name }) => name !== "n3:1") });
    Object.assign(cluster.changes, {
      serverFacts: () => Promise.reject(silent),
      setWritable: () => Promise.reject(silent),
      endSessions: () => Promise.reject(silent),
      removeNode: async (_: string, { unreachable }: { readonly unreachable: boolean }) => {
        if (!unreachable) await told();
        removed.push(unreachable);
      },
    });
    return { cluster, removed };
  };
  const never = () => new Promise<never>(() => {});

  it("by force ends without it, and says what that risks", async () => {
    const { cluster, removed } = lost(never);
    const { ended, progress } = run(
      cluster,
      "remove_node",
      { node: "n3:1", role: "primary", force: true },
      [],
      HASTY,
    );
    expect(await ended).toMatchObject({ message: expect.stringMatching(/was not told: keep it off/) });
    expect(removed).toEqual([true]);
    // For a later leader, who need not find it out again.
    expect(progress().result).toEqual({ lost: true });
  });

  it.each([
    [never, /does not answer any more: it is a node of the cluster as before/, []],
    [
      async () => {},
      /does not answer any more: it is no node of the cluster any more, and n3:1 was not told/,
      [false],
    ],
  ])("fails otherwise, with how far it came", async (told, message, removals) => {
    const { cluster, removed } = lost(told);
    const { ended } = run(cluster, "remove_node", { node: "n3:1", role: "primary", force: false }, [], HASTY);
    await expect(ended).rejects.toMatchObject({
      code: "NODE_UNAVAILABLE",
      message: expect.stringMatching(message),
    });
    expect(removed).toEqual(removals);
  });
});
