/** Tells when the table of a collection was made anew. Pure. */
import type { Catalog, Collection } from "./shard-map.ts";

/**
 * Names of collections that have none of their shards any more, but others: what `alter_distributed_table`
 * does. `before` was read a moment before `after`, so that there was no time to split or isolate every shard
 * one by one; the only shard of a collection may have been split.
 */
export function replacedShards(
  before: Pick<Catalog, "collections">,
  after: Pick<Catalog, "collections">,
): readonly string[] {
  return after.collections.flatMap((collection) => {
    const last = before.collections.find(({ id }) => id === collection.id);
    return last !== undefined && isReplaced(last, collection) ? [collection.name] : [];
  });
}

function isReplaced(last: Collection, present: Collection): boolean {
  if (last.shards.length === 0 || present.shards.length === 0) return false;
  const ids = new Set(last.shards.map(({ id }) => id));
  if (present.shards.some(({ id }) => ids.has(id))) return false;
  return last.shards.length > 1 || present.shards.length === 1;
}
