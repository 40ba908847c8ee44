/** Size and rows of one shard, on the node that holds it. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { ShardSize } from "../../placement-changes.ts";
import { findShardSize } from "../../vector-index.ts";
import { showShards } from "./show-shards.ts";

/** As `findShardSize`. */
export async function readShardSize(query: AdminQuery, relation: string): Promise<ShardSize> {
  await showShards(query);
  return findShardSize(query, relation);
}
