/** Asks one server what `orrery doctor` judges of it. Part of the composition root. */

import { readDisk } from "../engines/citus/sql/disk.ts";
import { showShards } from "../engines/citus/sql/show-shards.ts";
import { NODE_MEMORY, type NodeMemory } from "../servers/node-memory.ts";
import { readClock, readServer } from "../servers/read-server.ts";
import { readServerIdentity } from "../servers/server-identity.ts";
import type { AdminQuery } from "../shards/pg/admin-session.ts";
import type { AdminFacts, NodeFacts } from "./cluster-facts.ts";

/** What the doctor judges, and what advice on settings needs besides. */
export interface AskedNode extends NodeFacts {
  readonly memory: NodeMemory;
  readonly standby: boolean;
}

/** Throws what the server, or the connection, said. `epochMs`: milliseconds since 1970. */
export async function askNode(
  query: AdminQuery,
  {
    name,
    engine,
    epochMs,
  }: { readonly name: string; readonly engine: string; readonly epochMs: () => number },
): Promise<AskedNode> {
  const clock = await readClock(query, epochMs);
  const server = await readServer(query);
  const [health] = await query(HEALTH);
  const identity = await readServerIdentity(async (text) =>
    Object.values((await query(text))[0] ?? {}),
  ).catch(() => undefined);
  const hasCitus = engine === "citus" && server.citus !== undefined;
  const schema = await schemaVersion(query);
  const disk = hasCitus ? await readDisk(query) : undefined;
  return {
    name,
    server,
    ...(schema === undefined ? {} : { schema }),
    ...(identity === undefined ? {} : { identity }),
    clock,
    connections: { used: Number(health?.used), allowed: Number(health?.allowed) },
    ...(disk === undefined ? {} : { disk }),
    seesStatistics: health?.sees_statistics === true,
    ...(hasCitus ? { openFunctions: health?.open_functions === true } : {}),
    idleSlotBytes: Number(health?.idle_slot_bytes),
    missingStandbys: (health?.missing_standbys ?? []) as readonly string[],
    shards: await shardsOf(query, { hasCitus }),
    standby: server.inRecovery,
    memory: JSON.parse(String(health?.memory)) as NodeMemory,
  };
}

const HEALTH = `SELECT ${NODE_MEMORY} AS memory,
  (SELECT sum(numbackends) FROM pg_stat_database)::int AS used,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int AS allowed,
  pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS sees_statistics,
  EXISTS (SELECT FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE p.pronamespace = to_regnamespace('orrery') AND a.grantee = 0) AS open_functions,
  CASE WHEN pg_is_in_recovery() THEN 0 ELSE coalesce((SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))
    FROM pg_replication_slots WHERE NOT active), 0) END::int8 AS idle_slot_bytes,
  ARRAY(SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT active AND NOT temporary
    ORDER BY slot_name) AS missing_standbys`;

/**
 * What the limits of moves ask as the same role: it needs pg_read_all_stats, as members of pg_monitor have
 * it.
 */
const ADMIN = `SELECT current_user AS role, pg_has_role(current_user, 'pg_read_all_stats', 'usage') AS sees_lag,
  EXISTS (SELECT FROM pg_replication_slots WHERE slot_type = 'physical') OR EXISTS (
    SELECT FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
    WHERE s.slot_type IS DISTINCT FROM 'logical') AS has_standbys`;

/** On a session of the role that changes the cluster. */
export async function askAdmin(query: AdminQuery): Promise<AdminFacts> {
  const [row] = await query(ADMIN);
  return {
    role: String(row?.role),
    seesLag: row?.sees_lag === true,
    hasStandbys: row?.has_standbys === true,
  };
}

async function schemaVersion(query: AdminQuery): Promise<number | undefined> {
  const [hello] = await query("SELECT to_regprocedure('orrery.hello()') IS NOT NULL AS present");
  if (hello?.present !== true) return undefined;
  const [row] = await query("SELECT schema_version FROM orrery.hello()");
  return row === undefined ? undefined : Number(row.schema_version);
}

/** Citus's tables of shards carry their number; one that a change is making or has left is no shard here. */
const PLACED_HERE = `n.nspname = 'public' AND t.relname ~ '^(memory_entries|c_[0-9]+)_[0-9]+$' AND EXISTS (
  SELECT FROM pg_dist_placement p WHERE p.shardid = substring(t.relname FROM '[0-9]+$')::bigint
    AND p.groupid = (SELECT groupid FROM pg_dist_local_group))`;
/** Those of the fixed engines have a schema of their own. */
const HELD_HERE = "n.nspname = 'orrery_data'";

const shardTables = (placed: string) => `SELECT t.relname AS table, greatest(t.reltuples, 0)::int8 AS rows,
  count(x.oid)::int AS indexes, coalesce(sum(pg_relation_size(x.oid)), 0)::int8 AS index_bytes, coalesce(bool_and(i.indisvalid), true) AS valid,
  coalesce(sum(pg_stat_get_numscans(x.oid)), 0)::int8 AS index_scans, pg_stat_get_numscans(t.oid) AS sequential_scans,
  pg_stat_get_tuples_inserted(t.oid) + pg_stat_get_tuples_updated(t.oid) AS writes
FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN (pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam AND a.amname = 'hnsw')
  ON i.indrelid = t.oid
WHERE t.relkind = 'r' AND ${placed}
GROUP BY t.oid, t.relname, t.reltuples ORDER BY t.relname`;

async function shardsOf(
  query: AdminQuery,
  { hasCitus }: { readonly hasCitus: boolean },
): Promise<NonNullable<NodeFacts["shards"]>> {
  if (hasCitus) await showShards(query);
  return (await query(shardTables(hasCitus ? PLACED_HERE : HELD_HERE))).map((row) => ({
    table: String(row.table),
    rows: Number(row.rows),
    indexes: Number(row.indexes),
    valid: row.valid === true,
    indexBytes: Number(row.index_bytes),
    indexScans: Number(row.index_scans),
    sequentialScans: Number(row.sequential_scans),
    writes: Number(row.writes),
  }));
}
