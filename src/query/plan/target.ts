/** Targets: the hash ranges that a request asks. Pure. */
import { hashText, shardAt, shardsCovering } from "../../topology/ring.ts";
import type { Collection, GroupId, HashRange, Shard, ShardId } from "../../topology/shard-map.ts";

/**
 * A hash range with the shard that held it in the map it was routed by. The range is the target's identity:
 * when the shard moved or was split, the target is replaced by all shards that now cover the range.
 */
export interface Target extends HashRange {
  readonly shardId: ShardId;
  readonly group: GroupId;
  /** The shard keys asked for, all within the range; `all`: every row of the shard. */
  readonly shardKeys: readonly string[] | "all";
}

/**
 * One target per shard that holds some of `shardKeys`, in ring order; within a target the keys keep their
 * order.
 */
export function targetsOfKeys(collection: Collection, shardKeys: readonly string[]): readonly Target[] {
  const keysByShard = new Map<Shard, string[]>();
  for (const shardKey of shardKeys) {
    const shard = shardAt(collection, hashText(shardKey));
    const keys = keysByShard.get(shard);
    if (keys === undefined) keysByShard.set(shard, [shardKey]);
    else keys.push(shardKey);
  }
  const targets = Array.from(keysByShard, ([{ id, group, min, max }, keys]) => ({
    shardId: id,
    group,
    min,
    max,
    shardKeys: keys,
  }));
  return targets.length === 1 ? targets : targets.sort((a, b) => a.min - b.min);
}

/** One target per shard. */
export function targetsOfAll(collection: Collection): readonly Target[] {
  return collection.shards.map(({ id, group, min, max }) => ({
    shardId: id,
    group,
    min,
    max,
    shardKeys: "all" as const,
  }));
}

/** The targets that cover the same keys or hash range in another state of the collection. */
export function reroute(target: Target, collection: Collection): readonly Target[] {
  if (target.shardKeys !== "all") return targetsOfKeys(collection, target.shardKeys);
  return shardsCovering(collection, target).map(({ id, group, min, max }) => ({
    shardId: id,
    group,
    min,
    max,
    shardKeys: "all" as const,
  }));
}
