import { describe, expect, it } from "vitest";
import { CollectionReplaced, withCollection } from "../../../src/topology/collection-lookup.ts";
import type { Collection } from "../../../src/topology/shard-map.ts";
import { collectionCutAt } from "../query/cut-ring.ts";
import { MemoryCluster } from "../query/refusing-nodes.ts";

const words = collectionCutAt([]);
const wider: Collection = { ...words, id: 8, dimension: 5 };
const { signal } = new AbortController();

const idOf = async ({ id }: Collection) => id;

describe("looking up the collection of a request", () => {
  it("uses the current map when it has the collection", async () => {
    const cluster = new MemoryCluster([1], words);
    await withCollection(cluster, { collection: "words", dimension: 3 }, signal, async (collection, map) => {
      expect(collection).toBe(words);
      expect(map).toBe(cluster.map);
    });
    expect(cluster.refreshedFrom).toEqual([]);
  });

  it("reads a newer map before it reports that there is no such collection", async () => {
    const cluster = new MemoryCluster([1]);
    cluster.agree([words]);
    expect(await withCollection(cluster, { collection: "words" }, signal, idOf)).toBe(7);
    await expect(withCollection(cluster, { collection: "wrods" }, signal, idOf)).rejects.toMatchObject({
      code: "COLLECTION_NOT_FOUND",
      details: { metadata: { collection: "wrods" } },
    });
  });

  it("reads a newer map when the vector does not fit, since the collection may have been replaced", async () => {
    const cluster = new MemoryCluster([1], words);
    cluster.agree([wider]);
    expect(await withCollection(cluster, { collection: "words", dimension: 5 }, signal, idOf)).toBe(8);
    expect(cluster.refreshedFrom).toHaveLength(1);
  });

  it("says what is wrong with a collection that cannot be served, not that there is none", async () => {
    const cluster = new MemoryCluster([1]);
    cluster.map = { ...cluster.map, invalid: [{ name: "words", problem: "it has no shards" }] };
    const topology = {
      current: () => cluster.map,
      refresh: async () => cluster.map,
      refreshRarely: async () => cluster.map,
    };
    await expect(withCollection(topology, { collection: "words" }, signal, idOf)).rejects.toMatchObject({
      code: "MAP_UNAVAILABLE",
      message: expect.stringContaining("it has no shards"),
    });
  });

  it("leaves it to the request to refuse a vector that does not fit the newest map either", async () => {
    const cluster = new MemoryCluster([1], words);
    expect(await withCollection(cluster, { collection: "words", dimension: 4 }, signal, idOf)).toBe(7);
  });

  it("starts over with the newest map when the collection was replaced meanwhile", async () => {
    const cluster = new MemoryCluster([1], words);
    const seen: number[] = [];
    const result = await withCollection(cluster, { collection: "words" }, signal, async (collection) => {
      seen.push(collection.id);
      if (collection === words) {
        cluster.map = { ...cluster.map, collections: [wider] };
        throw new CollectionReplaced(collection);
      }
      return "done";
    });
    expect(result).toBe("done");
    expect(seen).toEqual([7, 8]);
  });

  it("fails with SHARD_MOVING when the collection is replaced over and over", async () => {
    const cluster = new MemoryCluster([1], words);
    let starts = 0;
    const always = withCollection(cluster, { collection: "words" }, signal, async (collection) => {
      starts += 1;
      throw new CollectionReplaced(collection);
    });
    await expect(always).rejects.toMatchObject({ code: "SHARD_MOVING" });
    expect(starts).toBe(5);
  });

  it("throws every other error without starting over", async () => {
    const cluster = new MemoryCluster([1], words);
    let starts = 0;
    const failing = withCollection(cluster, { collection: "words" }, signal, async () => {
      starts += 1;
      throw new RangeError("mistake");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(starts).toBe(1);
  });
});
