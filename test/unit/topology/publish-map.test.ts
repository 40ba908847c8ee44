import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Leading } from "../../../src/coordinator/start-leading.ts";
import { EMPTY_MAP, type ShardMap } from "../../../src/topology/shard-map.ts";
import { startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleCatalog, sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { leadWith } from "./lead-with.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore, type UnreliableStore } from "./unreliable-store.ts";

const LONG_MS = 600_000;

describe("publishing the map", () => {
  let store: UnreliableStore;
  let engine: MemoryEngine;
  const started: Leading[] = [];

  beforeEach(() => {
    store = createUnreliableStore();
    engine = new MemoryEngine();
  });
  afterEach(() => Promise.all(started.splice(0).map((leading) => leading.close())));

  function start({
    served = EMPTY_MAP,
    publishIntervalMs = 10,
  }: {
    served?: ShardMap;
    publishIntervalMs?: number;
  } = {}): Leading {
    const leading = leadWith({
      store,
      engine,
      map: { current: () => served },
      id: "a",
      publishIntervalMs,
    });
    started.push(leading);
    return leading;
  }
  const published = (epoch: number) =>
    waitFor(
      async () => {
        const stored = await store.load();
        return stored?.value.epoch === epoch && stored.value;
      },
      { what: `epoch ${epoch}`, timeoutMs: 5_000 },
    );
  /** Resolves after the leader has read the catalogs `times` more times. */
  const readsOfCatalogs = (times: number) => {
    const until = engine.reads.length + times;
    return waitFor(() => engine.reads.length >= until, { what: "reads of the catalogs", timeoutMs: 5_000 });
  };

  it("raises the term before its first publication, and publishes what the catalogs say", async () => {
    store.publish = (
      (publish): typeof publish =>
      (map, options) => {
        expect(engine.terms).toEqual(["a"]);
        return publish(map, options);
      }
    )(store.publish);
    const leading = start();
    expect(await published(1)).toEqual(sampleMap(1));
    expect(leading.isLeader()).toBe(true);
  });

  it("publishes only changes, each with the next epoch", async () => {
    start();
    await published(1);
    const before = await store.load();
    await readsOfCatalogs(3);
    expect(await store.load()).toEqual(before);
    engine.catalog = sampleCatalog({ words: 2 });
    expect(await published(2)).toEqual(sampleMap(2, { words: 2 }));
  });

  it("leaves a stored map alone that already says the same", async () => {
    await store.put(sampleMap(5));
    start();
    await readsOfCatalogs(3);
    expect((await store.load())?.value).toEqual(sampleMap(5));
  });

  it("publishes above every epoch that it or a live coordinator serves when the store was wiped", async () => {
    await store.announce({ id: "b", address: "b:1", version: "1", epoch: 41 });
    start({ served: sampleMap(17) });
    await published(42);
  });

  it("publishes again with the next epoch when its store is wiped while it leads", async () => {
    await store.put(sampleMap(5));
    const map = await startMapWatcher({
      store,
      readCatalog: (options) => engine.readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => 0,
    });
    const leading = start({ served: map.current() });
    await waitFor(() => leading.isLeader(), { what: "the leader" });
    await store.wipe();
    await published(6);
    await waitFor(() => map.current().epoch === 6, { what: "the watcher to follow" });
    await map.close();
  });

  it("publishes a change at once when asked to, without waiting for the interval", async () => {
    const leading = start({ publishIntervalMs: LONG_MS });
    await published(1);
    engine.catalog = sampleCatalog({ words: 2 });
    await leading.publishNow();
    expect((await store.load())?.value).toEqual(sampleMap(2, { words: 2 }));
  });

  it("publishes changes without the collection whose shards have a gap, which stays as it was", async () => {
    start();
    await published(1);
    const catalog = sampleCatalog({ words: 1, books: 2 });
    const [words, books] = catalog.collections;
    if (words === undefined || books === undefined) throw new Error("no sample");
    engine.catalog = { ...catalog, collections: [{ ...words, shards: words.shards.slice(1) }, books] };
    expect(await published(2)).toEqual({
      ...catalog,
      epoch: 2,
      invalid: [{ name: "words", problem: "no shard holds the hashes -2147483648 to -1" }],
    });
    await readsOfCatalogs(2);
    expect((await store.load())?.value.epoch).toBe(2);
    engine.catalog = catalog;
    expect(await published(3)).toEqual({ ...catalog, epoch: 3 });
  });

  it("leaves the last map published while the catalogs cannot be read, and publishes changes afterwards", async () => {
    const leading = start();
    await published(1);
    engine.reachable = false;
    engine.catalog = sampleCatalog({ words: 2 });
    await readsOfCatalogs(2);
    expect((await store.load())?.value).toEqual(sampleMap(1));
    expect(leading.isLeader()).toBe(true);
    engine.reachable = true;
    await published(2);
  });
});
