/**
 * The most common namespaces of shards, as PostgreSQL's statistics have them. Run on the node that holds
 * them.
 */
import type { LargeNamespace, ReadShardGroup } from "../../../rebalance/cluster-inventory.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/** Smaller ones cost little wherever they are. */
const LEAST_ROWS = 1_000;

/**
 * The shards are given, because with a reference table in the query Citus would plan it, and read the view's
 * table as a role that may not.
 */
const LARGE_NAMESPACES = `SELECT p.collection, p.shard, common.namespace, (common.frequency * c.reltuples)::bigint AS rows
FROM unnest($2::text[], $3::bigint[]) AS p (collection, shard) JOIN pg_dist_shard s ON s.shardid = p.shard
  JOIN pg_class c ON c.oid = to_regclass(shard_name(s.logicalrelid, s.shardid)) JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_stats t ON t.schemaname = n.nspname AND t.tablename = c.relname AND t.attname = 'namespace',
  unnest(t.most_common_vals::text::text[], t.most_common_freqs) AS common (namespace, frequency)
WHERE common.frequency * c.reltuples >= $1
ORDER BY rows DESC LIMIT 100`;

export async function readLargeNamespaces(
  query: AdminQuery,
  shardGroups: readonly Pick<ReadShardGroup, "collection" | "shard">[],
): Promise<readonly LargeNamespace[]> {
  const rows = await query(LARGE_NAMESPACES, [
    LEAST_ROWS,
    shardGroups.map(({ collection }) => collection),
    shardGroups.map(({ shard }) => shard),
  ]);
  return rows.map(({ collection, namespace, shard, rows: count }) => ({
    collection: String(collection),
    namespace: String(namespace),
    shard: Number(shard),
    rows: Number(count),
  }));
}
