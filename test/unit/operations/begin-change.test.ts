import { beforeEach, describe, expect, it } from "vitest";
import { beginOnce, type RecordedChange } from "../../../src/operations/begin-change.ts";
import { createRecords, type OperationRecords } from "../../../src/operations/records.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";

const REBALANCE: RecordedChange = { kind: "rebalance", asked: { plan: "p" }, requestedBy: "me" };
const NAMESPACE = { collection: "c", namespace: "ns" };

let records: OperationRecords;
let ids: number;

beforeEach(() => {
  records = createRecords(createMemoryStore());
  ids = 0;
});

function begin(change: RecordedChange, known = records): Promise<Operation> {
  const newId = () => {
    ids += 1;
    return `op-${ids}`;
  };
  const finished = { get: async () => undefined };
  return beginOnce(
    { records: known, finished, newId, epochMs: () => 0, signal: new AbortController().signal },
    change,
  );
}

/** Records in which `meanwhile` has been done when they are listed for the second time. */
function changedBySecondList(meanwhile: (own: Operation, revision: string) => Promise<unknown>) {
  let lists = 0;
  return {
    ...records,
    async list() {
      lists += 1;
      if (lists === 2) {
        const [own] = await records.list();
        if (own === undefined) throw new Error("it was not recorded");
        await records.put({ ...own.value, id: "other" }, undefined);
        await meanwhile(own.value, own.revision);
      }
      return records.list();
    },
  };
}
const recordedIds = async () => (await records.list()).map(({ value }) => value.id);

describe("two changes that collide and are recorded at the same time", () => {
  it("takes back and refuses one of two colliding changes that has not begun", async () => {
    const known = changedBySecondList((own, revision) =>
      records.put({ ...own, message: "waits for operation other" }, revision),
    );
    await expect(begin(REBALANCE, known)).rejects.toMatchObject({ code: "OPERATION_CONFLICT" });
    expect(await recordedIds()).toEqual(["other"]);
  });

  it("lets a change go on that the leader has begun before its collision is seen", async () => {
    const known = changedBySecondList((own, revision) =>
      records.put({ ...own, state: "running", stage: "move" }, revision),
    );
    expect(await begin(REBALANCE, known)).toMatchObject({ id: "op-1" });
    expect((await records.get("op-1"))?.value).toMatchObject({ state: "running" });
  });
});

describe("a request id", () => {
  it("answers a repeated request id with the operation it began, and refuses it for any other request", async () => {
    const pin: RecordedChange = {
      kind: "update_namespace",
      asked: { ...NAMESPACE, target: "b:1" },
      facts: { shard: 7 },
      requestedBy: "me",
      requestId: "r",
    };
    const first = await begin(pin);
    expect(await begin({ ...pin, facts: { shard: 8 } })).toEqual(first);
    for (const other of [
      { ...pin, asked: NAMESPACE },
      { ...pin, asked: { ...pin.asked, target: "c:1" } },
      { ...pin, kind: "isolate_namespace" as const },
    ]) {
      await expect(begin(other)).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        details: { fields: [{ field: "request_id" }] },
      });
    }
  });

  it("answers with the end of a request that another coordinator ran while this one was frozen", async () => {
    const change: RecordedChange = { ...REBALANCE, requestId: "r" };
    const ended: Operation = { ...(await begin(change)), state: "done" };
    await records.delete(ended.id);
    // Looked up before it ended, recorded when it had ended and left the store.
    const answers = [undefined, { value: ended, revision: "" }];
    const finished = { get: async () => answers.shift() };
    const deps = { records, finished, newId: () => "", epochMs: () => 0 };
    expect(await beginOnce({ ...deps, signal: new AbortController().signal }, change)).toEqual(ended);
    expect(await recordedIds()).toEqual([]);
  });
});
