import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Finding } from "../../../src/topology/findings.ts";
import { startPresence } from "../../../src/topology/presence.ts";
import { type Publisher, startPublisher } from "../../../src/topology/publisher.ts";
import { EMPTY_MAP, type ShardMap } from "../../../src/topology/shard-map.ts";
import { startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleCatalog, sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore, type UnreliableStore } from "./unreliable-store.ts";

const LONG_MS = 600_000;

describe("publisher", () => {
  let store: UnreliableStore;
  let engine: MemoryEngine;
  let now: number;
  const started: Publisher[] = [];

  beforeEach(() => {
    store = createUnreliableStore();
    engine = new MemoryEngine();
    now = 0;
  });
  afterEach(() => Promise.all(started.splice(0).map((publisher) => publisher.close())));

  function start({
    id = "a",
    served = EMPTY_MAP,
    publishIntervalMs = 10,
    checkIntervalMs = LONG_MS,
    onFindings = (_: readonly Finding[]) => {},
  }: {
    id?: string;
    served?: ShardMap;
    publishIntervalMs?: number;
    checkIntervalMs?: number;
    onFindings?: (findings: readonly Finding[]) => void;
  } = {}): Publisher {
    const publisher = startPublisher({
      store,
      engine,
      map: { current: () => served },
      id,
      publishIntervalMs,
      checkIntervalMs,
      onFindings,
      logger: noopLogger,
      monotonicMs: () => now,
    });
    started.push(publisher);
    return publisher;
  }
  const published = (epoch: number) =>
    waitFor(
      async () => {
        const stored = await store.load();
        return stored?.value.epoch === epoch && stored.value;
      },
      { what: `epoch ${epoch}`, timeoutMs: 5_000 },
    );
  /** Resolves after the leader has looked at the catalogs `times` more times. */
  const looks = (times: number) => {
    const until = engine.reads.length + times;
    return waitFor(() => engine.reads.length >= until, { what: "looks at the catalogs", timeoutMs: 5_000 });
  };

  it("raises the term before its first publication, and publishes what the catalogs say", async () => {
    store.publish = (
      (publish): typeof publish =>
      (map, options) => {
        expect(engine.terms).toEqual(["a"]);
        return publish(map, options);
      }
    )(store.publish);
    const publisher = start();
    expect(await published(1)).toEqual(sampleMap(1));
    expect(publisher.isLeader()).toBe(true);
  });

  it("publishes changes only, one epoch up each", async () => {
    start();
    await published(1);
    const before = await store.load();
    await looks(3);
    expect(await store.load()).toEqual(before);
    engine.catalog = sampleCatalog({ words: 2 });
    expect(await published(2)).toEqual(sampleMap(2, { words: 2 }));
  });

  it("leaves a stored map alone that already says the same", async () => {
    await store.put(sampleMap(5));
    start();
    await looks(3);
    expect((await store.load())?.value).toEqual(sampleMap(5));
  });

  it("goes on above every epoch that it or a live coordinator serves when the store was wiped", async () => {
    await store.announce({ id: "b", address: "b:1", version: "1", epoch: 41 });
    start({ served: sampleMap(17) });
    await published(42);
  });

  it("publishes again, one epoch up, when its store is wiped while it leads", async () => {
    await store.put(sampleMap(5));
    const map = await startMapWatcher({
      store,
      readCatalog: (options) => engine.readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => now,
    });
    const publisher = start({ served: map.current() });
    await waitFor(() => publisher.isLeader(), { what: "the leader" });
    await store.wipe();
    await published(6);
    await waitFor(() => map.current().epoch === 6, { what: "the watcher to follow" });
    await map.close();
  });

  it("publishes a change at once when told to, without waiting for the interval", async () => {
    const publisher = start({ publishIntervalMs: LONG_MS });
    await published(1);
    engine.catalog = sampleCatalog({ words: 2 });
    await publisher.publishNow();
    expect((await store.load())?.value).toEqual(sampleMap(2, { words: 2 }));
  });

  it("has one leader; the others publish nothing until they take over", async () => {
    const first = start({ id: "a", publishIntervalMs: LONG_MS });
    await published(1);
    const second = start({ id: "b", publishIntervalMs: LONG_MS });
    engine.catalog = sampleCatalog({ words: 2 });
    await second.publishNow();
    expect((await store.load())?.value.epoch).toBe(1);
    expect(second.isLeader()).toBe(false);
    await first.close();
    await published(2);
    expect(second.isLeader()).toBe(true);
    expect(first.isLeader()).toBe(false);
    expect(engine.terms).toEqual(["a", "b"]);
  });

  it("leaves the leader term to others when it cannot raise the term, and tries again later", async () => {
    engine.reachable = false;
    const publisher = start();
    const other = await store.campaign("other", new AbortController().signal);
    expect(publisher.isLeader()).toBe(false);
    engine.reachable = true;
    await other.resign();
    await published(1);
    expect(publisher.isLeader()).toBe(true);
  });

  it("keeps the last map while the catalogs cannot be read, and goes on afterwards", async () => {
    const publisher = start();
    await published(1);
    engine.reachable = false;
    engine.catalog = sampleCatalog({ words: 2 });
    await looks(2);
    expect((await store.load())?.value).toEqual(sampleMap(1));
    expect(publisher.isLeader()).toBe(true);
    engine.reachable = true;
    await published(2);
  });

  it("campaigns again after a publication was refused as not the leader's", async () => {
    const publisher = start();
    await published(1);
    // The store forgets who leads but keeps the map, as when the leader's key alone is deleted.
    await store.wipe();
    await store.put(sampleMap(1));
    engine.catalog = sampleCatalog({ words: 2 });
    await published(2);
    expect(engine.terms).toEqual(["a", "a"]);
    expect(publisher.isLeader()).toBe(true);
  });

  it("reports findings that last five seconds, and their end", async () => {
    const reports: (readonly Finding[])[] = [];
    const lagging = { node: "worker-1:5432", problem: "placements differ" };
    const passing = { node: "worker-2:5432", problem: "placements differ" };
    const publisher = start({ checkIntervalMs: 5, onFindings: (findings) => reports.push(findings) });
    await published(1);
    let checks = 0;
    const check = engine.check.bind(engine);
    engine.check = () => {
      checks += 1;
      return check();
    };
    const checked = () => {
      const until = checks + 2;
      return waitFor(() => checks >= until, { what: "two checks" });
    };
    engine.found = [lagging, passing];
    await checked();
    now = 4_999;
    await checked();
    expect(publisher.findings()).toEqual([]);
    engine.found = [lagging];
    await checked();
    now = 5_000;
    engine.found = [lagging, passing];
    await checked();
    expect(publisher.findings()).toEqual([lagging]);
    engine.found = [];
    await checked();
    expect(publisher.findings()).toEqual([]);
    expect(reports).toEqual([[lagging], []]);
  });
});

describe("presence", () => {
  it("announces this coordinator with the epoch it serves, at once after each change, until closed", async () => {
    const store = createUnreliableStore();
    await store.put(sampleMap(3));
    const map = await startMapWatcher({
      store,
      readCatalog: (options) => new MemoryEngine().readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => 0,
    });
    const self = { id: "a", address: "host:1", version: "1.0.0" };
    const presence = await startPresence({ store, map, self });
    expect(await store.coordinators()).toEqual([{ ...self, epoch: 3 }]);
    await store.put(sampleMap(4));
    await waitFor(() => map.current().epoch === 4, { what: "epoch 4" });
    expect(await store.coordinators()).toEqual([{ ...self, epoch: 4 }]);
    await presence.close();
    expect(await store.coordinators()).toEqual([]);
    await map.close();
  });
});
