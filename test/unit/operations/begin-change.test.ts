import { beforeEach, describe, expect, it } from "vitest";
import { beginOnce, type Change } from "../../../src/operations/begin-change.ts";
import { createRecords, type OperationRecords } from "../../../src/operations/records.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";

const REBALANCE: Change = { kind: "rebalance", asked: { plan: "p" }, requestedBy: "me" };
const NAMESPACE = { collection: "c", namespace: "ns" };

let records: OperationRecords;
let ids: number;

beforeEach(() => {
  records = createRecords(createMemoryStore());
  ids = 0;
});

function begin(change: Change, known = records): Promise<Operation> {
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

/** Records as somebody sees them who looks for the second time when `meanwhile` has been done. */
function changedBySecondLook(meanwhile: (own: Operation, revision: string) => Promise<unknown>) {
  let looks = 0;
  return {
    ...records,
    async list() {
      looks += 1;
      if (looks === 2) {
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

describe("of two changes that collide and are recorded at the same time, one", () => {
  it("is taken back and refused while it only waits", async () => {
    const known = changedBySecondLook((own, revision) =>
      records.put({ ...own, message: "waits for operation other" }, revision),
    );
    await expect(begin(REBALANCE, known)).rejects.toMatchObject({ code: "OPERATION_CONFLICT" });
    expect(await recordedIds()).toEqual(["other"]);
  });

  it("goes on when the leader has begun it already", async () => {
    const known = changedBySecondLook((own, revision) =>
      records.put({ ...own, state: "running", stage: "move" }, revision),
    );
    expect(await begin(REBALANCE, known)).toMatchObject({ id: "op-1" });
    expect((await records.get("op-1"))?.value).toMatchObject({ state: "running" });
  });
});

describe("a request id", () => {
  it("brings back what it began, and is refused for anything else, also for less than it was used for", async () => {
    const pin: Change = {
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
});
