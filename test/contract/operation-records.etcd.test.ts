import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pendingOperation } from "../../src/operations/pending-operation.ts";
import { createRecords } from "../../src/operations/records.ts";
import type { MoveProgress, Operation } from "../../src/operations/types.ts";
import { startEtcdStore } from "../../src/topology/etcd-store.ts";
import type { MapStore } from "../../src/topology/map-store.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { noopLogger } from "./noop-logger.ts";

const MOVES = 5_000;
const SAVES = 20;

let etcd: EtcdServer;
let stores: readonly MapStore[];

const open = () =>
  startEtcdStore({ endpoints: etcd.endpoints, prefix: "/test", leaseTtlSeconds: 5, logger: noopLogger });

beforeAll(async () => {
  etcd = await startEtcd();
  stores = [open(), open()];
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await etcd.stop();
});

function operationOf(moves: number): Operation {
  const move = (index: number): MoveProgress => ({
    shard: 102_008 + index,
    collection: "a-collection-with-a-name-of-the-usual-length",
    source: `worker-${index % 40}.database.example.com:5432`,
    target: `worker-${(index * 7) % 41}.database.example.com:5432`,
    state: "pending",
    phase: "",
    fraction: 0,
    bytesDone: 0,
    bytesTotal: 1_234_567_890 + index,
  });
  const described = {
    id: `op-${moves}`,
    kind: "rebalance",
    coordinator: "a",
    arguments: { plan: "p" },
  } as const;
  return pendingOperation({ ...described, moves: Array.from({ length: moves }, (_, i) => move(i)) }, 0);
}

/** What etcd has received from its clients. */
async function receivedBytes(): Promise<number> {
  const text = await (await fetch(`${etcd.endpoints[0]}/metrics`)).text();
  return Number(/^etcd_network_client_grpc_received_bytes_total (\S+)/m.exec(text)?.[1]);
}

const keys = (store: MapStore) => createRecords(store);

describe("records of operations in etcd", () => {
  it("hold thousands of moves, read whole by another coordinator, and write only what has changed", async () => {
    const [own, other] = stores.map(keys);
    if (own === undefined || other === undefined) throw new Error("unreachable");
    let operation = operationOf(MOVES);
    let revision = await own.put(operation, undefined);
    expect((await other.get(operation.id))?.value).toEqual(operation);
    expect((await other.list())[0]?.value.moves).toBeUndefined();

    const before = await receivedBytes();
    for (let save = 1; save <= SAVES; save += 1) {
      // Two moves under way, as the leader reports each second.
      const moves = operation.moves?.map((move, index) =>
        index === 2_000 || index === 2_017
          ? { ...move, state: "running" as const, fraction: save / SAVES }
          : move,
      );
      operation = { ...operation, state: "running", updatedAtMs: save, moves: moves ?? [] };
      revision = await own.put(operation, revision);
    }
    const bytesPerSave = ((await receivedBytes()) - before) / SAVES;
    console.log(`${MOVES} moves: ${Math.round(bytesPerSave)} bytes per save`);
    expect(bytesPerSave).toBeLessThan(32_000);
    expect((await other.get(operation.id))?.value).toEqual(operation);

    // Another coordinator changes the record without reading the moves, and the first one notices.
    const head = await other.head(operation.id);
    if (head === undefined) throw new Error("the record is gone");
    expect(head.value.moves).toBeUndefined();
    await other.put({ ...head.value, state: "cancelling" }, head.revision);
    await expect(own.put(operation, revision)).rejects.toMatchObject({ code: "STATEMENT_CONFLICT" });

    // All moves at once, as when those that are left are cancelled.
    const found = await other.get(operation.id);
    const cancelled = operation.moves?.map((move) => ({ ...move, state: "cancelled" as const })) ?? [];
    const ended: Operation = { ...operation, state: "cancelled", moves: cancelled };
    const last = await other.put(ended, found?.revision);
    expect((await own.get(operation.id))?.value).toEqual(ended);
    expect(await etcd.count(`/test/operation-parts/`)).toBe(Math.ceil(MOVES / 16));
    await own.delete(operation.id, { expected: last });
    expect(await etcd.count("/test/operation")).toBe(0);
  });

  it("of two coordinators that record the same operation one is refused, and the record is whole", async () => {
    const records = stores.map(keys);
    const operation = operationOf(600);
    const put = await Promise.allSettled(
      records.map((record, index) => record.put({ ...operation, coordinator: `c${index}` }, undefined)),
    );
    expect(put.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await records[0]?.get(operation.id))?.value.moves).toEqual(operation.moves);
  });
});
