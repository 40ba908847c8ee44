/** Leader, watcher and presence of two coordinators over a real etcd. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Leading } from "../../src/coordinator/start-leading.ts";
import { startEtcdStore } from "../../src/topology/etcd-store.ts";
import type { MapStore } from "../../src/topology/map-store.ts";
import { startPresence } from "../../src/topology/presence.ts";
import { type MapWatcher, startMapWatcher } from "../../src/topology/watcher.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { waitFor } from "../support/wait-for.ts";
import { leadWith } from "../unit/topology/lead-with.ts";
import { MemoryEngine } from "../unit/topology/memory-engine.ts";
import { noopLogger } from "./noop-logger.ts";
import { sampleCatalog, sampleMap } from "./sample-map.ts";

interface Coordinator {
  readonly store: MapStore;
  readonly map: MapWatcher;
  readonly leading: Leading;
  close(): Promise<void>;
}

let etcd: EtcdServer;
let engine: MemoryEngine;
let coordinators: Coordinator[];

beforeEach(async () => {
  etcd = await startEtcd();
  engine = new MemoryEngine();
  coordinators = [];
});
afterEach(async () => {
  await Promise.all(coordinators.map((coordinator) => coordinator.close()));
  await etcd.stop();
});

async function startCoordinator(id: string): Promise<Coordinator> {
  const { endpoints } = etcd;
  const shared = { logger: noopLogger, monotonicMs: () => performance.now() };
  const store = startEtcdStore({ endpoints, prefix: "/orrery", leaseTtlSeconds: 2, logger: noopLogger });
  const map = await startMapWatcher({
    store,
    readCatalog: (options) => engine.readMap(options),
    reconcileIntervalMs: 600_000,
    rebuildIntervalMs: 500,
    ...shared,
  });
  const leading = leadWith({ store, engine, map, id, publishIntervalMs: 100 });
  const presence = await startPresence({ store, map, self: { id, address: `${id}:1`, version: "1" } });
  const coordinator = {
    store,
    map,
    leading,
    async close() {
      await presence.close();
      await leading.close();
      await map.close();
      await store.close();
    },
  };
  coordinators.push(coordinator);
  return coordinator;
}

const everyoneServes = (epoch: number) =>
  waitFor(() => coordinators.every(({ map }) => map.current().epoch === epoch), { what: `epoch ${epoch}` });

it("every coordinator follows the catalogs and announces the epoch it serves", async () => {
  const a = await startCoordinator("a");
  await startCoordinator("b");
  await everyoneServes(1);
  engine.catalog = sampleCatalog({ words: 2 });
  await everyoneServes(2);
  expect(coordinators.map(({ map }) => map.current())).toEqual([
    sampleMap(2, { words: 2 }),
    sampleMap(2, { words: 2 }),
  ]);
  await waitFor(async () => (await a.store.coordinators()).map(({ epoch }) => epoch).join() === "2,2", {
    what: "both to announce epoch 2",
  });
  expect(coordinators.filter(({ leading }) => leading.isLeader())).toHaveLength(1);
});

it("while etcd is down a coordinator starts and all find changes, which the leader publishes afterwards", async () => {
  const a = await startCoordinator("a");
  await everyoneServes(1);
  await etcd.stop();
  const b = await startCoordinator("b");
  expect(b.map.current()).toEqual({ ...sampleCatalog(), epoch: 0 });
  engine.catalog = sampleCatalog({ words: 2 });
  for (const { map } of [a, b]) {
    await waitFor(() => map.current().collections[0]?.shards[0]?.group === 2, { what: "the change" });
    expect(map.storeReachable()).toBe(false);
  }
  await etcd.restart();
  await everyoneServes(2);
  expect(b.map.storeReachable()).toBe(true);
});

it("the map is published again with the next epoch when etcd lost its data", async () => {
  const a = await startCoordinator("a");
  await startCoordinator("b");
  await everyoneServes(1);
  engine.catalog = sampleCatalog({ words: 2 });
  await everyoneServes(2);
  await etcd.wipe();
  await everyoneServes(3);
  expect((await a.store.load())?.value).toEqual(sampleMap(3, { words: 2 }));
  await waitFor(async () => (await a.store.coordinators()).length === 2, { what: "both announced again" });
});
