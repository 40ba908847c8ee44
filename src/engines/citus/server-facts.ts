/** What a PostgreSQL server says of itself before it becomes a node. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { ServerFacts } from "../cluster-changes.ts";

/** `clockMs`: what the clock of the Citus coordinator node says at this moment, milliseconds since 1970. */
export async function readServerFacts(query: AdminQuery, clockMs: () => number): Promise<ServerFacts> {
  const before = clockMs();
  const [row] = await query(
    `SELECT current_setting('server_version_num')::int / 10000 AS major,
  (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS citus,
  (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS in_recovery,
  current_setting('default_transaction_read_only') = 'on' AS read_only,
  (SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()) AS owns_database,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
  to_regclass('orrery.cluster') IS NOT NULL AS is_migrated,
  current_setting('wal_level') AS wal_level,
  current_setting('max_prepared_transactions')::int AS max_prepared_transactions,
  (SELECT setting FROM pg_settings WHERE name = 'output_plugin_libraries') AS output_plugin_libraries,
  extract(epoch FROM clock_timestamp()) * 1000 AS clock_ms`,
  );
  const after = clockMs();
  const [known] =
    row === undefined || row.citus === null
      ? []
      : await query(
          "SELECT (SELECT count(*) FROM pg_dist_partition) AS tables, (SELECT groupid FROM pg_dist_local_group) AS group",
        );
  const [cluster] = row?.is_migrated === true ? await query("SELECT id FROM orrery.cluster") : [];
  return {
    clusterId: optional(cluster?.id),
    group: known === undefined ? undefined : Number(known.group),
    ownsDatabase: row?.owns_database === true,
    superuser: row?.superuser === true,
    postgresMajor: Number(row?.major),
    citus: optional(row?.citus),
    pgvector: optional(row?.vector),
    encoding: String(row?.encoding),
    inRecovery: row?.in_recovery === true,
    readOnly: row?.read_only === true,
    tables: Number(known?.tables ?? 0),
    walLevel: String(row?.wal_level),
    maxPreparedTransactions: Number(row?.max_prepared_transactions),
    outputPluginLibraries: optional(row?.output_plugin_libraries),
    clockDifferenceMs: Number(row?.clock_ms) - (before + after) / 2,
  };
}

function optional(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}
