/** A target as the statements name it. */
import type { Branch } from "../shards/sql/branch.ts";
import type { Collection } from "../topology/shard-map.ts";
import type { Target } from "./plan/target.ts";
import type { ReadRelations } from "./types.ts";

export function branchOf(
  { shardId, shardKeys }: Target,
  collection: Collection,
  relations: ReadRelations,
): Branch {
  return { relation: relations.readRelation(collection, shardId), shardId, shardKeys };
}
