import { describe, expect, it } from "vitest";
import { startMapWatcher } from "../../../src/topology/watcher.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import { sampleCatalog, sampleMap } from "../../contract/sample-map.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useLeaders } from "./use-leaders.ts";

const LONG_MS = 600_000;

describe("publishing the map", () => {
  const leaders = useLeaders();
  /** Resolves after the leader has read the catalogs `times` more times. */
  const readsOfCatalogs = (times: number) => {
    const until = leaders.engine.reads.length + times;
    return waitFor(() => leaders.engine.reads.length >= until, {
      what: "reads of the catalogs",
      timeoutMs: 5_000,
    });
  };

  it("raises the term before its first publication, and publishes what the catalogs say", async () => {
    leaders.store.publish = (
      (publish): typeof publish =>
      (map, options) => {
        expect(leaders.engine.terms).toEqual(["a"]);
        return publish(map, options);
      }
    )(leaders.store.publish);
    const leading = leaders.start();
    expect(await leaders.published(1)).toEqual(sampleMap(1));
    expect(leading.isLeader()).toBe(true);
  });

  it("publishes only changes, each with the next epoch", async () => {
    leaders.start();
    await leaders.published(1);
    const before = await leaders.store.load();
    await readsOfCatalogs(3);
    expect(await leaders.store.load()).toEqual(before);
    leaders.engine.catalog = sampleCatalog({ words: 2 });
    expect(await leaders.published(2)).toEqual(sampleMap(2, { words: 2 }));
  });

  it("leaves a stored map alone that already says the same", async () => {
    await leaders.store.put(sampleMap(5));
    leaders.start();
    await readsOfCatalogs(3);
    expect((await leaders.store.load())?.value).toEqual(sampleMap(5));
  });

  it("publishes above every epoch that it or a live coordinator serves when the store was wiped", async () => {
    await leaders.store.announce({ id: "b", address: "b:1", version: "1", epoch: 41 });
    leaders.start({ served: sampleMap(17) });
    await leaders.published(42);
  });

  it("publishes again with the next epoch when its store is wiped while it leads", async () => {
    await leaders.store.put(sampleMap(5));
    const map = await startMapWatcher({
      store: leaders.store,
      readCatalog: (options) => leaders.engine.readMap(options),
      reconcileIntervalMs: LONG_MS,
      rebuildIntervalMs: LONG_MS,
      logger: noopLogger,
      monotonicMs: () => 0,
    });
    const leading = leaders.start({ served: map.current() });
    await waitFor(() => leading.isLeader(), { what: "the leader" });
    await leaders.store.wipe();
    await leaders.published(6);
    await waitFor(() => map.current().epoch === 6, { what: "the watcher to follow" });
    await map.close();
  });

  it("publishes a change at once when asked to, without waiting for the interval", async () => {
    const leading = leaders.start({ publishIntervalMs: LONG_MS });
    await leaders.published(1);
    leaders.engine.catalog = sampleCatalog({ words: 2 });
    await leading.publishNow();
    expect((await leaders.store.load())?.value).toEqual(sampleMap(2, { words: 2 }));
  });

  it("publishes changes without the collection whose shards have a gap, which stays as it was", async () => {
    leaders.start();
    await leaders.published(1);
    const catalog = sampleCatalog({ words: 1, books: 2 });
    const [words, books] = catalog.collections;
    if (words === undefined || books === undefined) throw new Error("no sample");
    leaders.engine.catalog = {
      ...catalog,
      collections: [{ ...words, shards: words.shards.slice(1) }, books],
    };
    expect(await leaders.published(2)).toEqual({
      ...catalog,
      epoch: 2,
      invalid: [{ name: "words", problem: "no shard holds the hashes -2147483648 to -1" }],
    });
    await readsOfCatalogs(2);
    expect((await leaders.store.load())?.value.epoch).toBe(2);
    leaders.engine.catalog = catalog;
    expect(await leaders.published(3)).toEqual({ ...catalog, epoch: 3 });
  });

  it("leaves the last map published while the catalogs cannot be read, and publishes changes afterwards", async () => {
    const leading = leaders.start();
    await leaders.published(1);
    leaders.engine.reachable = false;
    leaders.engine.catalog = sampleCatalog({ words: 2 });
    await readsOfCatalogs(2);
    expect((await leaders.store.load())?.value).toEqual(sampleMap(1));
    expect(leading.isLeader()).toBe(true);
    leaders.engine.reachable = true;
    await leaders.published(2);
  });
});
