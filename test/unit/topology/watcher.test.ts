import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Catalog, ShardMap } from "../../../src/topology/shard-map.ts";
import { EMPTY_MAP } from "../../../src/topology/shard-map.ts";
import { type MapWatcher, startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleCatalog, sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { MemoryEngine } from "./memory-engine.ts";
import { createUnreliableStore, type UnreliableStore } from "./unreliable-store.ts";

const NEVER = new AbortController().signal;
const LONG_MS = 600_000;

describe("map watcher", () => {
  let store: UnreliableStore;
  let engine: MemoryEngine;
  let now: number;
  let watcher: MapWatcher | undefined;

  beforeEach(() => {
    store = createUnreliableStore();
    engine = new MemoryEngine();
    now = 0;
  });
  afterEach(() => watcher?.close());

  async function start(intervals: { reconcileIntervalMs?: number; rebuildIntervalMs?: number } = {}) {
    watcher = await startMapWatcher({
      store,
      readCatalog: (options) => engine.readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      ...intervals,
      logger: noopLogger,
      monotonicMs: () => now,
    });
    return watcher;
  }
  const served = (map: MapWatcher, epoch: number) =>
    waitFor(() => map.current().epoch === epoch, { what: `epoch ${epoch}` });

  it("serves the published map from the start, without reading the catalogs", async () => {
    await store.put(sampleMap(7));
    const map = await start();
    expect(map.current()).toEqual(sampleMap(7));
    expect(map.loaded()).toBe(true);
    expect(map.storeReachable()).toBe(true);
    expect(engine.reads).toEqual([]);
  });

  it("serves each newer map after a hint and notifies its listeners", async () => {
    await store.put(sampleMap(1));
    const map = await start();
    const notified: ShardMap[] = [];
    const stop = map.onChange((next) => notified.push(next));
    await store.put(sampleMap(2, { words: 2 }));
    await served(map, 2);
    stop();
    await store.put(sampleMap(3));
    await served(map, 3);
    expect(notified).toEqual([sampleMap(2, { words: 2 })]);
  });

  it("finds a change without a hint when it reconciles", async () => {
    await store.put(sampleMap(1));
    const hints: (() => void)[] = [];
    store.watch = async (onHint) => {
      hints.push(onHint);
      return { close: async () => {} };
    };
    const map = await start({ reconcileIntervalMs: 20 });
    await store.put(sampleMap(2));
    await served(map, 2);
    expect(hints).toHaveLength(1);
  });

  it("starts from the catalogs while the store is unreachable or empty", async () => {
    store.reachable = false;
    const map = await start();
    expect(map.current()).toEqual({ ...sampleCatalog(), epoch: 0 });
    expect(map.loaded()).toBe(true);
    expect(map.storeReachable()).toBe(false);
    await map.close();

    store.reachable = true;
    const other = await start();
    expect(other.current()).toEqual({ ...sampleCatalog(), epoch: 0 });
    expect(other.storeReachable()).toBe(true);
  });

  it("serves a collection as it last was while the catalogs place its shards twice", async () => {
    store.reachable = false;
    const map = await start();
    engine.catalog = twicePlaced();
    const read = await map.refresh({ signal: NEVER });
    expect(read.collections).toEqual(sampleCatalog().collections);
    expect(map.current().collections).toEqual(sampleCatalog().collections);
    expect(map.current().invalid).toMatchObject([{ name: "words" }]);
    engine.catalog = sampleCatalog({ words: 2 });
    await map.refresh({ signal: NEVER });
    expect(map.current()).toEqual({ ...sampleCatalog({ words: 2 }), epoch: 0 });
  });

  it("does not serve an invalid collection of the published map", async () => {
    const leadership = await store.campaign("a", NEVER);
    await store.publish({ ...twicePlaced(), epoch: 1 }, { leadership, expected: undefined });
    const map = await start();
    expect(map.current().epoch).toBe(1);
    expect(map.current().collections).toEqual([]);
    expect(map.current().invalid).toMatchObject([{ name: "words" }]);
  });

  it("keeps trying when neither answers, and has the empty map until then", async () => {
    store.reachable = false;
    engine.reachable = false;
    const map = await start();
    expect(map.current()).toBe(EMPTY_MAP);
    expect(map.loaded()).toBe(false);
    engine.reachable = true;
    await waitFor(() => map.loaded(), { what: "a map" });
    expect(map.current()).toEqual({ ...sampleCatalog(), epoch: 0 });
  });

  it("reads the catalogs periodically while the store is unreachable, and returns to the published map", async () => {
    await store.put(sampleMap(4));
    const map = await start({ reconcileIntervalMs: 20, rebuildIntervalMs: 20 });
    store.reachable = false;
    engine.catalog = sampleCatalog({ words: 2 });
    await waitFor(() => map.current().collections[0]?.shards[0]?.group === 2, { what: "the overlay" });
    expect(map.current().epoch).toBe(4);
    engine.catalog = sampleCatalog({ words: 1, books: 2 });
    await waitFor(() => map.current().collections.length === 2, { what: "the next overlay" });

    store.reachable = true;
    await waitFor(() => map.storeReachable(), { what: "the store" });
    expect(map.current().collections).toHaveLength(2);
    await store.put(sampleMap(5));
    await served(map, 5);
    expect(map.current()).toEqual(sampleMap(5));
  });

  it("refreshes from the group that refused, and serves that until a higher epoch is published", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    engine.catalog = sampleCatalog({ words: 2 });
    const refreshed = await map.refresh({ signal: NEVER, from: 1 });
    expect(engine.reads).toEqual([1]);
    expect(refreshed).toEqual(sampleMap(3, { words: 2 }));
    expect(map.current()).toBe(refreshed);
    await store.put(sampleMap(4, { words: 2 }));
    await served(map, 4);
  });

  it("keeps what it read when the store comes back with an older map", async () => {
    await store.put(sampleMap(4));
    const map = await start();
    engine.catalog = sampleCatalog({ words: 2 });
    const refreshed = await map.refresh({ signal: NEVER });
    await store.wipe();
    let lists = 0;
    const load = store.load;
    store.load = async () => {
      const stored = await load();
      lists += stored === undefined ? 0 : 1;
      return stored;
    };
    await store.put(sampleMap(3, { words: 1, books: 1 }));
    await waitFor(() => lists > 0, { what: "the list" });
    // Lists run one after another: when a second one is answered, the first has had its effect.
    store.reachable = true;
    await waitFor(() => lists > 1, { what: "another list" });
    expect(map.current()).toBe(refreshed);
    await store.put(sampleMap(5));
    await served(map, 5);
  });

  it("does not announce a change when the catalogs say what the map says", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    const before = map.current();
    expect(await map.refresh({ signal: NEVER })).toBe(before);
    expect(map.current()).toBe(before);
  });

  it("shares a read only among calls that came before it began", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    const release = engine.holdReads(1);
    const first = map.refresh({ signal: NEVER, from: 1 });
    // The change comes after the first read began, so whoever asks from now on must see it.
    engine.catalog = sampleCatalog({ words: 2 });
    const later = [map.refresh({ signal: NEVER, from: 1 }), map.refresh({ signal: NEVER, from: 1 })];
    release();
    expect(await first).toEqual(sampleMap(3));
    for (const refreshed of await Promise.all(later)) expect(refreshed).toEqual(sampleMap(3, { words: 2 }));
    expect(engine.reads).toEqual([1, 1]);
  });

  it("does not let a read overtaken by a later one replace it", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    const release = engine.holdReads(1);
    engine.catalog = sampleCatalog({ words: 2 });
    const slow = map.refresh({ signal: NEVER, from: 1 });
    engine.catalog = sampleCatalog({ words: 1, books: 1 });
    const fast = await map.refresh({ signal: NEVER, from: 2 });
    release();
    expect((await slow).collections).toHaveLength(1);
    expect(map.current()).toBe(fast);
  });

  it("does not replace a map that was published while a read ran", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    const release = engine.holdReads();
    const refresh = map.refresh({ signal: NEVER });
    await store.put(sampleMap(4, { words: 2, books: 2 }));
    await served(map, 4);
    release();
    await refresh;
    expect(map.current()).toEqual(sampleMap(4, { words: 2, books: 2 }));
  });

  it("ends the wait of a caller that gives up, and continues reading for the others", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    const release = engine.holdReads();
    engine.catalog = sampleCatalog({ words: 2 });
    const giveUp = new AbortController();
    const refresh = map.refresh({ signal: giveUp.signal });
    giveUp.abort(new Error("too late"));
    await expect(refresh).rejects.toThrow("too late");
    release();
    await waitFor(() => map.current().collections[0]?.shards[0]?.group === 2, { what: "the overlay" });
  });

  it("reads the catalogs for unknown names at most once a second", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    for (const at of [0, 400, 999]) {
      now = at;
      await map.refreshRarely(NEVER);
    }
    expect(engine.reads).toHaveLength(1);
    now = 1_000;
    engine.catalog = sampleCatalog({ words: 1, books: 1 });
    const release = engine.holdReads();
    const first = map.refreshRarely(NEVER);
    const second = map.refreshRarely(NEVER);
    release();
    expect((await first).collections).toHaveLength(2);
    expect((await second).collections).toHaveLength(2);
    expect(engine.reads).toHaveLength(2);
  });

  it("knows how long ago its map was confirmed", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    now = 5_000;
    expect(map.ageMs()).toBe(5_000);
    await map.refresh({ signal: NEVER });
    expect(map.ageMs()).toBe(0);
  });

  it("reports MAP_UNAVAILABLE when a refresh reaches no node, and keeps its map", async () => {
    await store.put(sampleMap(3));
    const map = await start();
    engine.reachable = false;
    await expect(map.refresh({ signal: NEVER })).rejects.toMatchObject({ code: "MAP_UNAVAILABLE" });
    await expect(map.refreshRarely(NEVER)).rejects.toMatchObject({ code: "MAP_UNAVAILABLE" });
    expect(map.current()).toEqual(sampleMap(3));
  });

  it("takes the map of a store that was wiped and starts over", async () => {
    await store.put(sampleMap(8));
    const map = await start();
    await store.wipe();
    // The very revision it had before, with another epoch.
    await store.put(sampleMap(9, { words: 2 }));
    await served(map, 9);
    expect(map.current()).toEqual(sampleMap(9, { words: 2 }));
  });
});

/** The sample catalog with each shard on two node groups. */
function twicePlaced(): Catalog {
  const catalog = sampleCatalog();
  return {
    ...catalog,
    collections: catalog.collections.map((collection) => ({
      ...collection,
      shards: collection.shards.flatMap((shard) => [shard, { ...shard, group: 2 }]),
    })),
  };
}
