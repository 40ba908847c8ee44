/** What a node is asked for the inventory. Every statement runs as the admin role. */

/** On the Citus coordinator node. */
export const NODES = `SELECT nodeid, groupid, concat(nodename, ':', nodeport) AS name,
  CASE WHEN NOT isactive THEN 'inactive' WHEN shouldhaveshards THEN 'active'
    WHEN EXISTS (SELECT FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition t USING (logicalrelid)
      WHERE p.groupid = n.groupid AND t.partmethod = 'h') THEN 'draining'
    ELSE 'drained' END AS state
FROM pg_dist_node n WHERE noderole = 'primary' ORDER BY nodeid`;

/** On the Citus coordinator node, where the schema has them. */
export const PINS = `SELECT c.name AS collection, p.namespace, p.shard_key, p.group_id
FROM orrery.namespace_pins p JOIN orrery.collections c ON c.id = p.collection_id ORDER BY p.collection_id, p.namespace`;

/** Of the last moves: bytes and milliseconds of each phase, and of all else. */
export const RATES = `SELECT count(*) AS moves, sum(copy_bytes) AS copy_bytes, sum(copy_ms) AS copy_ms,
  sum(index_bytes) AS index_bytes, sum(index_ms) AS index_ms, avg(total_ms - copy_ms - index_ms) AS overhead_ms
FROM (SELECT * FROM orrery.move_history ORDER BY id DESC LIMIT 20) AS last`;

export const HAS_TABLES = `SELECT to_regclass('orrery.namespace_pins') IS NOT NULL AS pins,
  to_regclass('orrery.move_history') IS NOT NULL AS history`;

/**
 * The shard groups on this node, sizes over all co-located shards; rows and identity of the collection's own
 * shard.
 */
export const SHARD_GROUPS = `WITH placed AS (
  SELECT s.logicalrelid, s.shardid, s.shardminvalue::int AS min, s.shardmaxvalue::int AS max, t.colocationid,
    to_regclass(shard_name(s.logicalrelid, s.shardid)) AS relation
  FROM pg_dist_shard s JOIN pg_dist_partition t USING (logicalrelid) JOIN pg_dist_placement p USING (shardid)
  WHERE t.partmethod = 'h' AND p.groupid = (SELECT groupid FROM pg_dist_local_group)
), sizes AS (
  SELECT colocationid, min, sum(pg_total_relation_size(relation)) AS bytes, sum(pg_indexes_size(relation)) AS index_bytes
  FROM placed GROUP BY colocationid, min
)
SELECT o.name AS collection, p.shardid AS shard, p.min, p.max, z.bytes, z.index_bytes,
  CASE WHEN c.reltuples >= 0 AND c.relpages > 0
    THEN c.reltuples / c.relpages * (pg_relation_size(c.oid) / current_setting('block_size')::int)
    ELSE pg_stat_get_live_tuples(c.oid) END AS rows,
  c.relreplident IN ('f', 'i') OR c.relreplident = 'd' AND EXISTS (
    SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) AS replica_identity
FROM placed p JOIN orrery.collections o ON to_regclass('public.' || quote_ident(o.table_name)) = p.logicalrelid
  JOIN sizes z ON z.colocationid = p.colocationid AND z.min = p.min
  JOIN pg_class c ON c.oid = p.relation
ORDER BY p.shardid`;

/**
 * The most common namespaces of shards on this node, as PostgreSQL's statistics know them. The shards are
 * given, because with a reference table in the query Citus would plan it, and read the view's table as a role
 * that may not.
 */
export const LARGE_NAMESPACES = `SELECT p.collection, p.shard, common.namespace, (common.frequency * c.reltuples)::bigint AS rows
FROM unnest($2::text[], $3::bigint[]) AS p (collection, shard) JOIN pg_dist_shard s ON s.shardid = p.shard
  JOIN pg_class c ON c.oid = to_regclass(shard_name(s.logicalrelid, s.shardid)) JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_stats t ON t.schemaname = n.nspname AND t.tablename = c.relname AND t.attname = 'namespace',
  unnest(t.most_common_vals::text::text[], t.most_common_freqs) AS common (namespace, frequency)
WHERE common.frequency * c.reltuples >= $1
ORDER BY rows DESC LIMIT 100`;

/** Citus hides shards from catalog queries otherwise. */
export const SHOW_SHARDS = "SET citus.override_table_visibility TO off";

export const FACTS = `SELECT name, setting, unit FROM pg_settings WHERE name = ANY (ARRAY['wal_level', 'max_worker_processes',
  'max_logical_replication_workers', 'max_wal_senders', 'max_replication_slots', 'max_prepared_transactions',
  'output_plugin_libraries', 'max_slot_wal_keep_size', 'server_version_num'])`;

export const EXTENSIONS = "SELECT extname, extversion FROM pg_extension WHERE extname IN ('citus', 'vector')";

/** `wal_bytes` in `wal_seconds`, and the position now. */
export const ACTIVITY = `SELECT (SELECT count(*) FROM pg_replication_slots) AS slots,
  pg_current_wal_lsn() - '0/0' AS position, wal_bytes,
  extract(epoch FROM clock_timestamp() - stats_reset) AS wal_seconds
FROM pg_stat_wal`;

export const DISK = "SELECT available_disk_size, total_disk_size FROM citus_local_disk_space_stats()";
