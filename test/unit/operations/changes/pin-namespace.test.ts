import { describe, expect, it } from "vitest";
import { waitFor } from "../../../support/wait-for.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { DISK_FULL, MOVE, runChange, SHARD_OF_NS } from "./run-change.ts";

const args = { collection: "c", namespace: "ns", target: "n2:1" };
const moves = [MOVE];

describe("pinning a namespace", () => {
  it("records the pin and moves the shard group there", async () => {
    const cluster = new MemoryCluster();
    const { ended } = runChange(cluster, "update_namespace", { args, moves });
    expect(await ended).toMatchObject({ state: "done" });
    expect(cluster.pins.get("ns")).toBe(2);
    expect(cluster.groups.get(SHARD_OF_NS)).toBe(2);
  });

  it.each([
    ["none", undefined],
    ["another", 3],
  ])("leaves the pin as it was, %s, when the move is cancelled or fails", async (_, before) => {
    const pinned = { args: { ...args, ...(before !== undefined && { pinned_to: before }) }, moves };
    const cancelled = new MemoryCluster();
    cancelled.held = true;
    const { ended, cancel } = runChange(cancelled, "update_namespace", pinned);
    await waitFor(() => cancelled.begun.length === 1, { what: "the move" });
    expect(cancelled.pins.get("ns")).toBe(2);
    cancel.abort();
    expect(await ended).toMatchObject({ state: "cancelled" });
    expect(cancelled.pins.get("ns")).toBe(before);

    const failing = new MemoryCluster();
    failing.broken = DISK_FULL;
    await expect(runChange(failing, "update_namespace", pinned).ended).rejects.toBe(DISK_FULL);
    expect(failing.pins.get("ns")).toBe(before);
  });

  it("keeps the pin when it is asked to stop after the move is made", async () => {
    const cluster = new MemoryCluster();
    cluster.held = true;
    cluster.phases.set(SHARD_OF_NS, "final catch-up");
    const { ended, cancel } = runChange(cluster, "update_namespace", { args, moves });
    await waitFor(() => cluster.begun.length === 1, { what: "the move" });
    cancel.abort();
    cluster.release();
    expect(await ended).toMatchObject({ state: "done" });
    expect(cluster.pins.get("ns")).toBe(2);
  });

  it("takes the pin off when no target is given", async () => {
    const cluster = new MemoryCluster();
    cluster.pins.set("ns", 2);
    const { ended, stages } = runChange(cluster, "update_namespace", {
      args: { collection: "c", namespace: "ns" },
    });
    expect(await ended).toEqual({ message: "", result: {} });
    expect(stages).toEqual(["remove pin"]);
    expect(cluster.pins.size).toBe(0);
    expect(cluster.begun).toEqual([]);
  });
});
