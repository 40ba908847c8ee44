/** Names of shard tables, kept for as long as the collection of a map is: every read asks for some. */
import type { Collection, ShardId } from "../topology/shard-map.ts";

export type ShardName = (collection: Collection, shard: ShardId) => string;

export function keptNames(nameOf: ShardName): ShardName {
  const kept = new WeakMap<Collection, Map<ShardId, string>>();
  return (collection, shard) => {
    let names = kept.get(collection);
    if (names === undefined) {
      names = new Map();
      kept.set(collection, names);
    }
    let name = names.get(shard);
    if (name === undefined) {
      name = nameOf(collection, shard);
      names.set(shard, name);
    }
    return name;
  };
}
