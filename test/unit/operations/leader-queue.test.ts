import { beforeEach, describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { createLeaderQueue } from "../../../src/operations/leader-queue.ts";
import { pendingOperation } from "../../../src/operations/pending-operation.ts";
import { createRecords, type OperationRecords } from "../../../src/operations/records.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { waitFor } from "../../support/wait-for.ts";

const CHANGE = { id: "op", kind: "rebalance", coordinator: "", arguments: { plan: "p" } } as const;

let records: OperationRecords;
let ended: Operation | undefined;
let reachable: boolean;
let asked: number;
let started: string[];
let added: Operation[];

beforeEach(() => {
  records = createRecords(createMemoryStore());
  ended = undefined;
  reachable = true;
  asked = 0;
  started = [];
  added = [];
});

/** Leads until `until` holds. */
async function lead(until: () => boolean | Promise<boolean>) {
  const store = createMemoryStore();
  const closing = new AbortController();
  const queue = createLeaderQueue({
    records,
    finished: {
      async get() {
        asked += 1;
        if (!reachable) throw new OrreryError("NODE_UNAVAILABLE", "the coordinator node is away");
        return ended && { value: ended, revision: "" };
      },
      async add(operation) {
        added.push(operation);
      },
    },
    running: {
      async start({ operation }) {
        started.push(operation.id);
        await records.delete(operation.id);
        const { kind } = operation;
        return { kind, current: () => operation, sync: async () => {}, ended: Promise.resolve() };
      },
      find: () => undefined,
      allEnded: async () => {},
    },
    self: "a",
    epochMs: () => 5,
    logger: noopLogger,
    closing: closing.signal,
  });
  const leadership = await store.campaign("a", closing.signal);
  const leading = queue.lead({
    term: 1,
    signal: closing.signal,
    leadership: undefined as unknown as typeof leadership,
  });
  await waitFor(until, { what: "the queue" });
  closing.abort();
  await leading;
}
const stored = async () => (await records.get("op"))?.value;

describe("the leader's queue", () => {
  it("runs a queued operation once PostgreSQL says that it has not ended", async () => {
    await records.put(pendingOperation(CHANGE, 0), undefined);
    reachable = false;
    await lead(() => asked > 1);
    expect(started).toEqual([]);
    reachable = true;
    await lead(() => started.length > 0);
    expect(started).toEqual(["op"]);
  });

  it.each(["pending", "running", "cancelling"] as const)(
    "does not run an operation that has ended, though its record says %s",
    async (state) => {
      ended = { ...pendingOperation(CHANGE, 0), state: "done", finishedAtMs: 3 };
      await records.put({ ...pendingOperation(CHANGE, 0), state }, undefined);
      await lead(async () => (await stored())?.state === "done");
      expect(started).toEqual([]);
      expect(await stored()).toEqual(ended);
    },
  );

  it("stores in PostgreSQL that a queued operation was cancelled", async () => {
    await records.put({ ...pendingOperation(CHANGE, 0), state: "cancelling" }, undefined);
    await lead(async () => (await stored())?.state === "cancelled");
    expect(added).toMatchObject([{ id: "op", state: "cancelled", finishedAtMs: 5 }]);
    expect(started).toEqual([]);
  });
});
