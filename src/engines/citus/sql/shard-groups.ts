/** The shard groups of a node with their sizes. Run on the node, after `showShards`. */
import type { ReadShardGroup } from "../../../rebalance/cluster-inventory.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { GroupId } from "../../../topology/shard-map.ts";

/**
 * Sizes and identity over all co-located shards, since they move and split as one; rows of the collection's
 * own.
 */
const SHARD_GROUPS = `WITH placed AS (
  SELECT s.logicalrelid, s.shardid, s.shardminvalue::int AS min, s.shardmaxvalue::int AS max, t.colocationid,
    to_regclass(shard_name(s.logicalrelid, s.shardid)) AS relation
  FROM pg_dist_shard s JOIN pg_dist_partition t USING (logicalrelid) JOIN pg_dist_placement p USING (shardid)
  WHERE t.partmethod = 'h' AND p.groupid = (SELECT groupid FROM pg_dist_local_group)
), sizes AS (
  SELECT colocationid, min, sum(pg_total_relation_size(relation)) AS bytes, sum(pg_indexes_size(relation)) AS index_bytes,
    bool_and(EXISTS (SELECT FROM pg_class c WHERE c.oid = relation AND (c.relreplident IN ('f', 'i') OR c.relreplident = 'd'
      AND EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)))) AS replica_identity
  FROM placed GROUP BY colocationid, min
)
SELECT o.name AS collection, p.shardid AS shard, p.min, p.max, z.bytes, z.index_bytes,
  CASE WHEN c.reltuples >= 0 AND c.relpages > 0
    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int)
    ELSE pg_stat_get_live_tuples(c.oid) END AS rows, z.replica_identity
FROM placed p JOIN orrery.collections o ON to_regclass('public.' || quote_ident(o.table_name)) = p.logicalrelid
  JOIN sizes z ON z.colocationid = p.colocationid AND z.min = p.min
  JOIN pg_class c ON c.oid = p.relation
ORDER BY p.shardid`;

/** `group`: the node group of the node. */
export async function readShardGroups(query: AdminQuery, group: GroupId): Promise<readonly ReadShardGroup[]> {
  const rows = await query(SHARD_GROUPS);
  return rows.map((row) => ({
    shard: Number(row.shard),
    collection: String(row.collection),
    min: Number(row.min),
    max: Number(row.max),
    group,
    bytes: Number(row.bytes),
    indexBytes: Number(row.index_bytes),
    rows: Math.round(Number(row.rows)),
    replicaIdentity: row.replica_identity === true,
  }));
}
