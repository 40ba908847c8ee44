import { expect, it } from "vitest";
import {
  createOperationsSampler,
  type StoredOperation,
} from "../../../../src/collectors/operations/sample-operations.ts";
import { OrreryError } from "../../../../src/errors.ts";
import { sampleContext } from "../sample-context.ts";

it("counts operations by kind and state, and times how long a record has not changed", async () => {
  let nowMs = 0;
  const operation = (id: string, state: "running" | "done", revision: string): StoredOperation => ({
    id,
    kind: "rebalance",
    state,
    isFinished: state === "done",
    revision,
  });
  let operations = [operation("a", "running", "1"), operation("b", "done", "2"), operation("c", "done", "3")];
  const sampler = createOperationsSampler({
    scanOperations: async () => ({ operations, unreadable: 1 }),
    monotonicMs: () => nowMs,
  });
  const sample = () => sampler(sampleContext([]));
  await sample();
  nowMs = 60_000;
  const idle = await sample();
  expect(idle.counts).toEqual([
    { kind: "rebalance", state: "running", count: 1 },
    { kind: "rebalance", state: "done", count: 2 },
  ]);
  expect(idle.idleSeconds.get("rebalance")).toBe(60);
  expect(idle.unreadable).toBe(1);
  operations = [operation("a", "running", "9")];
  expect((await sample()).idleSeconds.get("rebalance")).toBe(0);
});

it("counts finished operations in the database once, with the last count while it does not answer", async () => {
  const failures: string[] = [];
  const context = sampleContext(failures);
  const done = { kind: "move_shard", state: "done", count: 3 } as const;
  let answer = async () => [done];
  const sample = createOperationsSampler({
    scanOperations: async () => ({
      operations: [{ id: "a", kind: "move_shard", state: "done", isFinished: true, revision: "1" }],
      unreadable: 0,
    }),
    countFinished: () => answer(),
    monotonicMs: () => 0,
  });
  const counted = {
    // The one in the store is in the database, too.
    counts: [done],
    idleSeconds: new Map([["move_shard", 0]]),
    unreadable: 0,
  };
  expect(await sample(context)).toEqual(counted);
  answer = () => Promise.reject(new OrreryError("NODE_UNAVAILABLE", "down"));
  expect(await sample(context)).toEqual(counted);
  expect(failures).toEqual(["NODE_UNAVAILABLE"]);
  answer = () => Promise.reject(new OrreryError("NODE_NOT_MIGRATED", "no such table"));
  expect((await sample(context)).counts).toEqual([{ ...done, count: 4 }]);
});
