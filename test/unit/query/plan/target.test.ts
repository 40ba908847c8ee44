import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reroute, type Target, targetsOfAll, targetsOfKeys } from "../../../../src/query/plan/target.ts";
import { hashText } from "../../../../src/topology/ring.ts";
import type { Collection } from "../../../../src/topology/shard-map.ts";
import { anyCuts, anyNamespaces, collectionCutAt, RING } from "../cut-ring.ts";

/** One collection before and after any moves and any other cutting of the ring. */
const beforeAndAfter = fc
  .tuple(anyCuts, anyCuts)
  .map(([before, after]) => [collectionCutAt(before), collectionCutAt(after, 200_000)] as const);

/** The same where shards were only split, each at any number of places. */
const beforeAndAfterSplits = fc.tuple(anyCuts, anyCuts).map(([before, more]) => {
  const after = [...new Set([...before, ...more])];
  return [collectionCutAt(before), collectionCutAt(after, 200_000)] as const;
});

function expectToBeShardsOf(targets: readonly Target[], collection: Collection): void {
  for (const { shardId: id, group, min, max } of targets)
    expect(collection.shards).toContainEqual({ id, group, min, max });
}

const keysOf = (targets: readonly Target[]) => targets.flatMap(({ shardKeys }) => shardKeys);

describe("targets of shard keys", () => {
  it("puts every key into the one target whose range holds its hash, and makes no target without keys", () => {
    fc.assert(
      fc.property(anyCuts, anyNamespaces, (cuts, keys) => {
        const collection = collectionCutAt(cuts);
        const targets = targetsOfKeys(collection, keys);
        expectToBeShardsOf(targets, collection);
        expect(keysOf(targets).toSorted()).toEqual(keys.toSorted());
        for (const { shardKeys, min, max } of targets) {
          expect(shardKeys).not.toHaveLength(0);
          for (const key of shardKeys) expect(within(hashText(key), min, max)).toBe(true);
        }
        expect(new Set(targets.map(({ shardId }) => shardId)).size).toBe(targets.length);
      }),
    );
  });

  it("re-routes each key to where it is in any other state of the collection, once", () => {
    fc.assert(
      fc.property(beforeAndAfter, anyNamespaces, ([before, after], keys) => {
        for (const target of targetsOfKeys(before, keys)) {
          const rerouted = reroute(target, after);
          expectToBeShardsOf(rerouted, after);
          expect(keysOf(rerouted).toSorted()).toEqual([...target.shardKeys].toSorted());
          for (const { shardKeys, min, max } of rerouted) {
            for (const key of shardKeys) expect(within(hashText(key), min, max)).toBe(true);
          }
        }
      }),
    );
  });
});

describe("targets of everything", () => {
  it("makes one target of each shard of the collection", () => {
    fc.assert(
      fc.property(anyCuts, (cuts) => {
        const collection = collectionCutAt(cuts);
        const targets = targetsOfAll(collection);
        expectToBeShardsOf(targets, collection);
        expect(targets).toHaveLength(collection.shards.length);
        expect(targets.every(({ shardKeys }) => shardKeys === "all")).toBe(true);
      }),
    );
  });

  it("re-routes whole shards after splits so that their range is covered exactly", () => {
    fc.assert(
      fc.property(beforeAndAfterSplits, ([before, after]) => {
        for (const target of targetsOfAll(before)) {
          let next = target.min;
          for (const { min, max } of reroute(target, after)) {
            expect(min).toBe(next);
            next = max + 1;
          }
          expect(next).toBe(target.max + 1);
        }
      }),
    );
  });

  it("re-routes whole shards to any other state of the collection without losing a hash", () => {
    fc.assert(
      fc.property(beforeAndAfter, fc.integer(RING), ([before, after], hash) => {
        const targets = targetsOfAll(before).filter(({ min, max }) => within(hash, min, max));
        const holding = targets
          .flatMap((target) => reroute(target, after))
          .filter(({ min, max }) => within(hash, min, max));
        expect(holding).toHaveLength(1);
        expectToBeShardsOf(holding, after);
      }),
    );
  });
});

function within(hash: number, min: number, max: number): boolean {
  return hash >= min && hash <= max;
}
