import { afterEach, describe, expect, it, vi } from "vitest";
import { waitFor } from "../../../support/wait-for.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { MOVE, runChange, SHARD_OF_NS } from "./run-change.ts";

const STANDSTILL = { marks: ["slot 0/1"], obstacles: ["node-1 could not apply changes"] };

afterEach(() => {
  vi.useRealTimers();
});

describe("a move whose statement makes no progress", () => {
  it("is ended and cleaned up after a while, and says what was in its way", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    cluster.reading = () => STANDSTILL;
    const { ended, progress } = runChange(cluster, "move_shard", { moves: [MOVE] });
    await waitFor(() => /no progress: node-1 could not apply/.test(progress().message ?? ""), {
      what: "the operation to say why",
      intervalMs: 5,
    });
    await expect(ended).rejects.toMatchObject({
      code: "OPERATION_STALLED",
      message: expect.stringMatching(/no progress for .* s: node-1 could not apply changes/),
    });
    expect(cluster.cancelledSessions).toHaveLength(1);
    expect(cluster.cleanUps).toBeGreaterThan(0);
    expect(cluster.groups.get(SHARD_OF_NS)).toBe(1);
  });

  it("is ended in its final catch-up too, where nobody can cancel it", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    cluster.phases.set(SHARD_OF_NS, "final catch-up");
    cluster.reading = () => STANDSTILL;
    const { ended } = runChange(cluster, "move_shard", { moves: [MOVE] });
    await expect(ended).rejects.toMatchObject({ code: "OPERATION_STALLED" });
  });

  it("is given up when it heeds no cancellation either", async () => {
    vi.useFakeTimers();
    const cluster = new MemoryCluster();
    cluster.held = true;
    cluster.heedsNothing = true;
    cluster.reading = () => STANDSTILL;
    const { ended } = runChange(cluster, "move_shard", { moves: [MOVE] });
    const failed = expect(ended).rejects.toMatchObject({ code: "OPERATION_STALLED" });
    await vi.advanceTimersByTimeAsync(60_000);
    await failed;
    expect(cluster.cleanUps).toBeGreaterThan(0);
  });

  it("is left alone while it goes on, however long it takes", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    const { ended } = runChange(cluster, "move_shard", { moves: [MOVE] });
    // Many more readings than the limit allows without progress.
    await waitFor(() => cluster.readings > 25, { what: "readings" });
    expect(cluster.cancelledSessions).toEqual([]);
    cluster.release();
    expect(await ended).toMatchObject({ state: "done" });
  });
});
