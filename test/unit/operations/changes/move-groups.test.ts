import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import type { ChangeDeps } from "../../../../src/operations/changes/change-deps.ts";
import { pendingMove } from "../../../../src/operations/changes/move-arguments.ts";
import { type MovesRequest, moveGroups } from "../../../../src/operations/changes/move-groups.ts";
import type { JobContext, JobProgress } from "../../../../src/operations/job.ts";
import type { MoveProgress } from "../../../../src/operations/types.ts";
import { noopLogger } from "../../../contract/noop-logger.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { MemoryCluster } from "../changing-cluster.ts";

function start(cluster: MemoryCluster, request: Partial<MovesRequest> = {}, cancel = new AbortController()) {
  let progress: JobProgress = {};
  const states = () => progress.moves?.map(({ state }: MoveProgress) => state);
  const saved: unknown[] = [];
  const notified: string[] = [];
  const context = {
    operation: { id: "op", kind: "rebalance" },
    leaderTerm: { term: 1 },
    signal: new AbortController().signal,
    cancelled: cancel.signal,
    report: (change: JobProgress) => {
      progress = { ...progress, ...change };
    },
    enter: async () => {},
    save: async () => {
      saved.push({ states: states(), begun: cluster.begun.length });
    },
  } as unknown as JobContext;
  const deps = {
    changes: cluster.changes,
    relations: { readRelation: () => "r" },
    limits: { obstacle: async () => cluster.obstacle },
    observer: {
      shardMoved() {},
      indexRebuilt() {},
      movesThrottled: ({ by, reason }: { by: string; reason: string }) => notified.push(`${by}: ${reason}`),
      movesResumed: (by: string) => notified.push(`${by} goes on`),
    },
    publishNow: async () => {},
    epochMs: () => performance.now(),
    logger: noopLogger,
  } as unknown as ChangeDeps;
  const targets = ["n2:1", "n3:1", "n2:1", "n3:1"];
  const moves = [1, 2, 3, 4].map((shard, index) =>
    pendingMove({ shard, collection: "c", source: "n1:1", target: targets[index] ?? "" }),
  );
  const ended = moveGroups(
    deps,
    { moves, transferMode: "logical", movesPerNode: 1, abortOnSlo: false, ...request },
    context,
  );
  return { ended, states, cancel, saved, notified, progress: () => progress };
}

describe("the moves of an operation", () => {
  it("makes moves in order, no more at a time than a node may take part in", async () => {
    const one = new MemoryCluster();
    expect(await start(one).ended).toEqual({ done: 4, stopped: undefined, message: "" });
    expect(one.begun).toEqual([1, 2, 3, 4]);
    expect(one.mostAtOnce).toBe(1);
    const two = new MemoryCluster();
    await start(two, { movesPerNode: 2 }).ended;
    expect(two.mostAtOnce).toBe(2);
  });

  it("throttles moves while something is over its limit", async () => {
    const cluster = new MemoryCluster();
    cluster.obstacle = { kind: "over", limit: "lag", reason: "replication lags" };
    const { ended, states, progress, notified } = start(cluster);
    await waitFor(() => states()?.[0] === "throttled", { what: "the first to be throttled" });
    expect(progress().message).toContain("replication lags");
    expect(cluster.begun).toEqual([]);
    expect(new Set(notified)).toEqual(new Set(["op: lag"]));
    cluster.obstacle = { kind: "unknown", reason: "it is unknown" };
    await waitFor(() => notified.at(-1) === "op: unknown", { what: "the other reason" });
    cluster.obstacle = undefined;
    expect((await ended).done).toBe(4);
    expect(notified.at(-1)).toBe("op goes on");
  });

  it("reports that moves are no longer throttled when they are cancelled", async () => {
    const cluster = new MemoryCluster();
    cluster.obstacle = { kind: "over", limit: "search_p95", reason: "searches take 900 ms" };
    const { ended, cancel, notified } = start(cluster);
    await waitFor(() => notified.length > 0, { what: "the first to be throttled" });
    cancel.abort();
    expect(await ended).toMatchObject({ done: 0, stopped: "cancelled" });
    expect([notified[0], notified.at(-1)]).toEqual(["op: search_p95", "op goes on"]);
  });

  it("cancels moves under way when a limit is exceeded and `abortOnSlo` is set", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    const { ended, states } = start(cluster, { abortOnSlo: true });
    await waitFor(() => cluster.begun.length === 1, { what: "the first move" });
    cluster.obstacle = { kind: "over", limit: "search_p95", reason: "searches take 900 ms" };
    expect(await ended).toEqual({ done: 0, stopped: "limit", message: "searches take 900 ms" });
    expect(cluster.cancelledSessions[0]).toBe("orrery-op-op-0");
    expect(states()).toEqual(["cancelled", "cancelled", "cancelled", "cancelled"]);
    expect([...cluster.groups.values()]).toEqual([1, 1, 1, 1]);
  });

  it("lets moves under way go on when a limit cannot be measured, and throttles those after them", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    const { ended, states, progress } = start(cluster, { abortOnSlo: true, movesPerNode: 2 });
    await waitFor(() => cluster.begun.length === 2, { what: "the first moves" });
    cluster.obstacle = { kind: "unknown", reason: "replication lag is unknown" };
    cluster.release();
    await waitFor(() => states()?.[2] === "throttled", { what: "the third to be throttled" });
    expect(progress().message).toContain("is unknown");
    expect(states()).toEqual(["done", "done", "throttled", "pending"]);
    expect(cluster.cancelledSessions).toEqual([]);
    cluster.obstacle = undefined;
    expect(await ended).toMatchObject({ done: 4, stopped: undefined });
  });

  it("stops between two moves when cancelled or when their window is over", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    const { ended, cancel, states } = start(cluster);
    await waitFor(() => cluster.begun.length === 1, { what: "the first move" });
    cancel.abort();
    expect(await ended).toMatchObject({ done: 0, stopped: "cancelled" });
    expect(states()).toEqual(["cancelled", "cancelled", "cancelled", "cancelled"]);
    const late = start(new MemoryCluster(), { noMoveAfterMs: performance.now() - 1 });
    expect(await late.ended).toMatchObject({ done: 0, stopped: "window" });
    expect(late.notified).toEqual(["schedule: window", "op goes on"]);
  });

  it("goes on where an earlier leader was: does not move again what is there already", async () => {
    const cluster = new MemoryCluster();
    cluster.groups.set(1, 2);
    const moves = [
      {
        ...pendingMove({ shard: 1, collection: "c", source: "n1:1", target: "n2:1" }),
        state: "running" as const,
      },
      pendingMove({ shard: 2, collection: "c", source: "n1:1", target: "n3:1" }),
    ];
    expect((await start(cluster, { moves }).ended).done).toBe(2);
    expect(cluster.begun).toEqual([2]);
  });

  it("cancels a move that an earlier leader has begun, or waits for its end", async () => {
    const begun = (shard: number, target: string) => ({
      ...pendingMove({ shard, collection: "c", source: "n1:1", target }),
      state: "running" as const,
    });
    const moves = [
      begun(1, "n2:1"),
      begun(2, "n3:1"),
      pendingMove({ shard: 3, collection: "c", source: "n1:1", target: "n2:1" }),
    ];
    const cluster = new MemoryCluster();
    cluster.held = true;
    for (const [index, shard] of [1, 2].entries()) {
      const statement = { kind: "move" as const, shard, source: 1, target: index + 2, blockWrites: false };
      cluster.run(statement, `orrery-op-op-${index}`).catch(() => undefined);
    }
    cluster.phases.set(2, "final catch-up");
    const cancelled = new AbortController();
    cancelled.abort();
    const { ended, states } = start(cluster, { moves, movesPerNode: 2 }, cancelled);
    await waitFor(() => cluster.cancelledSessions.includes("orrery-op-op-0"), { what: "the cancel" });
    cluster.release();
    expect(await ended).toMatchObject({ done: 1, stopped: "cancelled" });
    expect(states()).toEqual(["cancelled", "done", "cancelled"]);
    expect(cluster.begun).toEqual([1, 2]);
    expect(cluster.cancelledSessions).not.toContain("orrery-op-op-1");
  });

  it("ends as done when it was cancelled after its last move", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    const moves = [pendingMove({ shard: 1, collection: "c", source: "n1:1", target: "n2:1" })];
    cluster.phases.set(1, "final catch-up");
    const { ended, cancel } = start(cluster, { moves });
    await waitFor(() => cluster.begun.length === 1, { what: "the move" });
    cancel.abort();
    cluster.release();
    expect(await ended).toEqual({ done: 1, stopped: undefined, message: "" });
  });

  it("records each move as begun before its statement runs", async () => {
    const cluster = new MemoryCluster();
    const { ended, saved } = start(cluster);
    await ended;
    expect(saved).toEqual([
      { states: ["running", "pending", "pending", "pending"], begun: 0 },
      { states: ["done", "running", "pending", "pending"], begun: 1 },
      { states: ["done", "done", "running", "pending"], begun: 2 },
      { states: ["done", "done", "done", "running"], begun: 3 },
    ]);
  });

  it("begins no move after one that failed for good, and throws its error", async () => {
    const cluster = new MemoryCluster();
    cluster.broken = new OrreryError("STATEMENT_FAILED", "disk full", {
      details: { metadata: { sqlstate: "53100" } },
    });
    const { ended, states } = start(cluster);
    await expect(ended).rejects.toMatchObject({ message: "disk full" });
    expect(states()).toEqual(["failed", "cancelled", "cancelled", "cancelled"]);
  });
});
