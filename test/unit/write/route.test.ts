import { describe, expect, it } from "vitest";
import { type ErrorCode, OrreryError } from "../../../src/errors.ts";
import { runWrite } from "../../../src/write/route.ts";
import type { WriteObserver } from "../../../src/write/types.ts";
import { collectionCutAt } from "../query/cut-ring.ts";
import { MemoryCluster } from "../query/refusing-nodes.ts";

const collection = collectionCutAt([]);
const moved = { ...collection, shards: collection.shards.map((shard) => ({ ...shard, group: 2 })) };

/** Fails the first `times` writes to group 1. */
function failing(code: ErrorCode, times: number): MemoryCluster {
  const cluster = new MemoryCluster([1, 2], collection);
  cluster.interventions.set(1, () => {
    if (cluster.asked.length <= times) throw new OrreryError(code, "no");
  });
  return cluster;
}

function write(cluster: MemoryCluster, signal = new AbortController().signal, observed: unknown[] = []) {
  const observer: WriteObserver = { written: ({ group, error }) => observed.push([group, error?.code]) };
  return runWrite(
    {
      collection: "words",
      namespace: "n",
      records: 1,
      write: true,
      statement: (found, relation) => ({
        text: JSON.stringify([[found.shards[0]?.id, [relation]]]),
        values: [],
        prepare: false,
      }),
    },
    {
      topology: cluster,
      nodes: cluster,
      relations: { writeRelation: ({ table }) => table },
      observer,
      random: () => 0,
      monotonicMs: () => 0,
    },
    { signal, requestId: "r" },
  );
}

describe("a write", () => {
  it("sends a write to the owner by the current map, and notifies the observer", async () => {
    const cluster = new MemoryCluster([1, 2], moved);
    const observed: unknown[] = [];
    expect(await write(cluster, undefined, observed)).toEqual([[0, 102_000, 2, "c_7"]]);
    expect(observed).toEqual([[2, undefined]]);
  });

  it.each(["STATEMENT_CONFLICT", "NODE_UNAVAILABLE", "NODE_MISMATCH", "SHARD_MOVING"] as const)(
    "retries a write after %s, which is known to have changed nothing, a limited number of times",
    async (code) => {
      const cluster = failing(code, 2);
      const observed: unknown[] = [];
      await write(cluster, undefined, observed);
      expect(observed).toEqual([
        [1, code],
        [1, code],
        [1, undefined],
      ]);
      const hopeless = failing(code, 100);
      await expect(write(hopeless)).rejects.toMatchObject({ code });
      expect(hopeless.asked).toHaveLength(6);
    },
  );

  it.each([
    "WRITE_OUTCOME_UNKNOWN",
    "STATEMENT_FAILED",
    "DEADLINE_EXCEEDED",
    "NODE_NOT_MIGRATED",
    "OVERLOADED",
  ] as const)("is never tried again after %s", async (code) => {
    const cluster = failing(code, 1);
    await expect(write(cluster)).rejects.toMatchObject({ code });
    expect(cluster.asked).toHaveLength(1);
  });

  it("is tried again for as long as its rows are locked, and then says that it was not written", async () => {
    const cluster = failing("LOCK_TIMEOUT", 8);
    await write(cluster);
    expect(cluster.asked).toHaveLength(9);

    const hopeless = failing("LOCK_TIMEOUT", 100);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new OrreryError("DEADLINE_EXCEEDED", "late")), 50);
    await expect(write(hopeless, controller.signal)).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
  });

  it("that was locked for long is tried again after what else may be in its way", async () => {
    const cluster = new MemoryCluster([1, 2], collection);
    cluster.interventions.set(1, () => {
      if (cluster.asked.length <= 8) throw new OrreryError("LOCK_TIMEOUT", "no");
      if (cluster.asked.length <= 11) throw new OrreryError("STATEMENT_CONFLICT", "no");
    });
    await write(cluster);
    expect(cluster.asked).toHaveLength(12);
  });

  it("that was locked and ran out of time in a queue says that it was locked", async () => {
    const cluster = new MemoryCluster([1, 2], collection);
    cluster.interventions.set(1, () => {
      throw new OrreryError(cluster.asked.length === 1 ? "LOCK_TIMEOUT" : "DEADLINE_EXCEEDED", "no");
    });
    await expect(write(cluster)).rejects.toMatchObject({ code: "LOCK_TIMEOUT" });
    expect(cluster.asked).toHaveLength(2);
  });

  it("finds the owner in a newer map when the shard is somewhere else", async () => {
    const cluster = new MemoryCluster([1, 2], collection);
    cluster.agree([moved]);
    expect(await write(cluster)).toEqual([[0, 102_000, 2, "c_7"]]);
    expect(cluster.refreshedFrom).toEqual([1]);
  });

  it("builds the statement again for the collection that now has the name, and fails when none has", async () => {
    const cluster = new MemoryCluster([1, 2], collection);
    const another = { ...collectionCutAt([], 300_000), id: 8, table: "c_8" };
    cluster.agree([another]);
    expect(await write(cluster)).toEqual([[0, 300_000, 1, "c_8"]]);
    cluster.agree([]);
    await expect(write(cluster)).rejects.toMatchObject({ code: "COLLECTION_NOT_FOUND" });
  });

  it("stops retrying at the deadline, with the error that says that nothing was changed", async () => {
    const cluster = failing("STATEMENT_CONFLICT", 100);
    const controller = new AbortController();
    cluster.interventions.set(1, () => {
      if (cluster.asked.length === 2) controller.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
      throw new OrreryError("STATEMENT_CONFLICT", "no");
    });
    await expect(write(cluster, controller.signal)).rejects.toMatchObject({ code: "STATEMENT_CONFLICT" });
    expect(cluster.asked).toHaveLength(2);
  });
});
