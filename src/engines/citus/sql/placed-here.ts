/** The usual case of the fence (citus/004_read_fence.sql), as an expression within the statement. */
import type { ShardId } from "../../../topology/shard-map.ts";

/**
 * Whether the placement that the statement's snapshot sees is on this node, and nothing has begun to change
 * it: its row has no `xmax`. NULL where the snapshot knows no such shard.
 */
export function placedHere(shard: ShardId): string {
  if (!Number.isSafeInteger(shard)) throw new RangeError(`not a shard: ${shard}`);
  return `(SELECT p.groupid = (SELECT l.groupid FROM pg_catalog.pg_dist_local_group l) AND p.xmax = '0'::pg_catalog.xid
  FROM pg_catalog.pg_dist_placement p WHERE p.shardid = ${shard})`;
}
