import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { MemoryCluster } from "../changing-cluster.ts";
import { DISK_FULL, MOVE, runChange } from "./run-change.ts";

const moves = [MOVE];

describe("move_shard", () => {
  it("cleans up what a failed move left, under the stage that a later leader would try again", async () => {
    const cluster = new MemoryCluster();
    cluster.broken = DISK_FULL;
    const { ended, stages } = runChange(cluster, "move_shard", { moves });
    await expect(ended).rejects.toBe(DISK_FULL);
    expect(stages).toEqual(["move"]);
    expect(cluster.cleanUps).toBe(1);
  });

  it("is done although its target cannot be analysed and its times cannot be recorded", async () => {
    const cluster = new MemoryCluster();
    cluster.brokenAfterMoves = DISK_FULL;
    expect(await runChange(cluster, "move_shard", { moves }).ended).toMatchObject({ state: "done" });
  });

  it("ends with the leader term when another leader has begun after the move was made", async () => {
    const cluster = new MemoryCluster();
    cluster.brokenAfterMoves = new OrreryError("NOT_LEADER", "another leader has begun");
    await expect(runChange(cluster, "move_shard", { moves }).ended).rejects.toMatchObject({
      code: "NOT_LEADER",
    });
  });

  it.each([
    ["its target was drained", (cluster: MemoryCluster) => cluster.drained.add("n2:1")],
    ["a namespace of it was pinned elsewhere", (cluster: MemoryCluster) => cluster.pins.set("ns", 1)],
  ])("is refused when %s while it waited for other operations", async (_, change) => {
    const cluster = new MemoryCluster();
    change(cluster);
    const { ended } = runChange(cluster, "move_shard", { moves });
    await expect(ended).rejects.toMatchObject({ code: "PLACEMENT_REFUSED" });
    expect(cluster.begun).toEqual([]);
    const begun = { ...MOVE, state: "running" as const };
    expect(await runChange(cluster, "move_shard", { moves: [begun] }).ended).toMatchObject({ state: "done" });
  });

  it("is made when a namespace of it was pinned to its target meanwhile", async () => {
    const cluster = new MemoryCluster();
    cluster.pins.set("ns", 2);
    expect(await runChange(cluster, "move_shard", { moves }).ended).toMatchObject({ state: "done" });
  });
});
