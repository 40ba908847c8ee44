import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startEtcdStore } from "../../src/topology/etcd-store.ts";
import type { MapStore } from "../../src/topology/map-store.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { describeMapStore } from "./map-store.contract.ts";
import { noopLogger } from "./noop-logger.ts";
import { sampleMap } from "./sample-map.ts";

const NEVER = new AbortController().signal;
const LEASE_TTL_SECONDS = 2;
/** A call without a limit would wait for as long as etcd is away. */
const SECONDS_MS = 15_000;
const A = { id: "a", address: "host-a:1", version: "1.0.0", epoch: 1 };

let etcd: EtcdServer;
/** The way of the stores opened with `openCutOff`. */
let proxy: TcpProxy;
let prefixes = 0;
const opened: MapStore[] = [];

beforeAll(async () => {
  etcd = await startEtcd();
  proxy = await startTcpProxy({ target: etcd });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});
afterAll(async () => {
  await proxy.close();
  await etcd.stop();
});

function open(endpoints = etcd.endpoints): MapStore {
  const store = startEtcdStore({
    endpoints,
    prefix: `/test-${prefixes}`,
    leaseTtlSeconds: LEASE_TTL_SECONDS,
    logger: noopLogger,
  });
  opened.push(store);
  return store;
}

function openThroughProxy(): MapStore {
  return open([`http://${proxy.host}:${proxy.port}`]);
}

describeMapStore("etcd", {
  open() {
    prefixes += 1;
    return [open(), open(), open()];
  },
});

describe("etcd under faults", () => {
  it("skips announcements in etcd that cannot be read", async () => {
    prefixes += 1;
    const store = open();
    await store.announce(A);
    for (const [id, json] of ["{", "null", '{"id":"c"}'].entries()) {
      await etcd.put(`/test-${prefixes}/coordinators/${id}`, json);
    }
    expect(await store.coordinators()).toEqual([A]);
  });

  it("reports STORE_UNAVAILABLE within seconds while etcd is down, and works again afterwards", async () => {
    prefixes += 1;
    const store = open();
    await store.putOperation({ id: "op", json: "{}" }, undefined);
    await etcd.stop();
    for (const call of [() => store.load(), () => store.putOperation({ id: "x", json: "1" }, undefined)]) {
      const startedAt = performance.now();
      await expect(call()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(performance.now() - startedAt).toBeLessThan(SECONDS_MS);
    }
    await etcd.restart();
    await waitFor(async () => (await store.getOperation("op"))?.value.json === "{}", {
      what: "the record again",
    });
  });

  it("reports STORE_UNAVAILABLE within seconds when etcd accepts connections but does not answer", async () => {
    prefixes += 1;
    const store = openThroughProxy();
    await store.load();
    proxy.pause();
    const startedAt = performance.now();
    await expect(store.load()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(performance.now() - startedAt).toBeLessThan(SECONDS_MS);
    proxy.resume();
    await waitFor(() => store.load().then(() => true), { what: "an answer again" });
  });

  it("starts, announces itself and campaigns while etcd is down", async () => {
    prefixes += 1;
    await etcd.stop();
    const store = open();
    await store.announce(A);
    const campaign = store.campaign("a", NEVER);
    let hints = 0;
    const errors: Error[] = [];
    await store.watch(
      () => {
        hints += 1;
      },
      (error) => errors.push(error),
    );
    await waitFor(() => errors.length === 1, { what: "the report that hints may be missing" });
    await etcd.restart();
    const leadership = await campaign;
    await store.publish(sampleMap(1), { leadership, expected: undefined });
    await waitFor(() => hints > 0, { what: "a hint" });
    await waitFor(async () => (await store.coordinators()).length === 1, { what: "the announcement" });
    expect(errors).toHaveLength(1);
  });

  it("sees changes made while it was cut off, although etcd compacted them away", async () => {
    prefixes += 1;
    const writer = open();
    const watcher = openThroughProxy();
    const leadership = await writer.campaign("w", NEVER);
    let expected = await writer.publish(sampleMap(1), { leadership, expected: undefined });
    const seen: (number | undefined)[] = [];
    const errors: Error[] = [];
    await watcher.watch(
      () => {
        void watcher.load().then(
          (stored) => seen.push(stored?.value.epoch),
          () => {},
        );
      },
      (error) => errors.push(error),
    );
    await waitFor(() => seen.includes(1), { what: "the first hint" });
    await proxy.cut();
    for (const epoch of [2, 3, 4]) {
      expected = await writer.publish(sampleMap(epoch), { leadership, expected });
    }
    await etcd.compact();
    await proxy.heal();
    await waitFor(() => seen.includes(4), { what: "a hint at what was missed" });
    expect(errors).toHaveLength(1);
    await writer.publish(sampleMap(5), { leadership, expected });
    await waitFor(() => seen.includes(5), { what: "a hint at the next change" });
  });

  it("drops a cut-off coordinator when its lease runs out, and lists it again when it is back", async () => {
    prefixes += 1;
    const observer = open();
    const cutOff = openThroughProxy();
    await cutOff.announce(A);
    expect(await observer.coordinators()).toEqual([A]);
    await proxy.cut();
    await waitFor(async () => (await observer.coordinators()).length === 0, { what: "the lease to run out" });
    await proxy.heal();
    await waitFor(async () => (await observer.coordinators()).length === 1, { what: "its return" });
  });

  it("refuses what a frozen leader publishes, even what it sent before it thawed", async () => {
    prefixes += 1;
    const frozen = openThroughProxy();
    const other = open();
    const old = await frozen.campaign("frozen", NEVER);
    const expected = await frozen.publish(sampleMap(1), { leadership: old, expected: undefined });
    let oldLostAt = Number.POSITIVE_INFINITY;
    old.lost.addEventListener("abort", () => {
      oldLostAt = performance.now();
    });

    proxy.pause();
    const late = frozen.publish(sampleMap(66), { leadership: old, expected });
    late.catch(() => {});
    const present = await other.campaign("other", NEVER);
    expect(oldLostAt).toBeLessThan(performance.now());
    await expect(frozen.publish(sampleMap(77), { leadership: old, expected })).rejects.toMatchObject({
      code: "NOT_LEADER",
    });
    proxy.resume();
    await expect(late).rejects.toMatchObject({ code: expect.stringMatching(/NOT_LEADER|STORE_UNAVAILABLE/) });
    // An answer over the thawed connection: what was delayed has passed.
    await waitFor(async () => (await frozen.load())?.value.epoch === 1, { what: "the frozen one's answer" });
    await other.publish(sampleMap(2), { leadership: present, expected });
    expect((await other.load())?.value.epoch).toBe(2);
  });

  it("waits once for etcd to end a leadership, however often it is resigned", async () => {
    prefixes += 1;
    const leadership = await openThroughProxy().campaign("a", NEVER);
    proxy.pause();
    try {
      const startedAt = performance.now();
      await leadership.resign();
      const onceMs = performance.now() - startedAt;
      await leadership.resign();
      await Promise.all(opened.splice(0).map((store) => store.close()));
      expect(performance.now() - startedAt).toBeLessThan(2 * onceMs);
    } finally {
      proxy.resume();
    }
  });

  it("ends a leadership whose key was deleted, and puts an announcement back", async () => {
    prefixes += 1;
    const store = open();
    const leadership = await store.campaign("a", NEVER);
    await store.publish(sampleMap(1), { leadership, expected: undefined });
    await store.announce(A);
    await promisify(execFile)("etcdctl", ["--endpoints", etcd.endpoints.join(), "del", "--prefix", "/"]);
    await expect(store.publish(sampleMap(2), { leadership, expected: undefined })).rejects.toMatchObject({
      code: "NOT_LEADER",
    });
    await waitFor(() => leadership.lost.aborted, { what: "the end of the leadership" });
    await waitFor(async () => (await store.coordinators()).length === 1, { what: "the announcement" });
  });

  it("continues after etcd lost all its data", async () => {
    prefixes += 1;
    const store = open();
    const leadership = await store.campaign("a", NEVER);
    await store.publish(sampleMap(1), { leadership, expected: undefined });
    await store.announce(A);
    let hints = 0;
    await store.watch(
      () => {
        hints += 1;
      },
      () => {},
    );
    await waitFor(() => hints > 0, { what: "the watch" });
    await etcd.wipe();
    await waitFor(() => leadership.lost.aborted, { what: "the end of the leadership" });
    expect(await store.load()).toBeUndefined();
    const next = await store.campaign("a", NEVER);
    const before = hints;
    await store.publish(sampleMap(2), { leadership: next, expected: undefined });
    await waitFor(() => hints > before, { what: "a hint" });
    await waitFor(async () => (await store.coordinators()).length === 1, { what: "the announcement" });
  });
});
