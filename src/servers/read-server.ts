/** How every caller reads ServerFacts. The statements run as any role. */
import type { ClockDifference, ServerFacts } from "./server-facts.ts";

/** Rows by column name. */
export type ServerQuery = (
  text: string,
  values?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

const SETTINGS = [
  "autovacuum",
  "fsync",
  "full_page_writes",
  "max_logical_replication_workers",
  "max_prepared_transactions",
  "max_replication_slots",
  "max_slot_wal_keep_size",
  "max_wal_senders",
  "max_worker_processes",
  "output_plugin_libraries",
  "wal_level",
];

const SERVER = `SELECT current_setting('server_version') AS postgres,
  (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS citus,
  (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS pgvector,
  current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS in_recovery,
  (SELECT count(*) FROM pg_replication_slots) AS slots,
  (SELECT json_object_agg(name, setting) FROM pg_settings WHERE name = ANY ($1))::text AS settings`;

/** Throws what the query throws. */
export async function readServer(query: ServerQuery): Promise<ServerFacts> {
  const [row = {}] = await query(SERVER, [SETTINGS]);
  return decodeServer(row);
}

/** One row of SERVER. */
function decodeServer(row: Readonly<Record<string, unknown>>): ServerFacts {
  const settings = JSON.parse(String(row.settings)) as Readonly<Record<string, string | undefined>>;
  const keepMegabytes = Number(settings.max_slot_wal_keep_size);
  return {
    postgres: String(row.postgres),
    citus: optionalText(row.citus),
    pgvector: optionalText(row.pgvector),
    encoding: String(row.encoding),
    inRecovery: row.in_recovery === true,
    walLevel: String(settings.wal_level),
    maxPreparedTransactions: Number(settings.max_prepared_transactions),
    outputPluginLibraries: settings.output_plugin_libraries,
    maxWorkerProcesses: Number(settings.max_worker_processes),
    maxLogicalReplicationWorkers: Number(settings.max_logical_replication_workers),
    maxWalSenders: Number(settings.max_wal_senders),
    maxReplicationSlots: Number(settings.max_replication_slots),
    usedReplicationSlots: Number(row.slots),
    maxSlotWalKeepBytes: keepMegabytes >= 0 ? keepMegabytes * 1024 * 1024 : undefined,
    autovacuum: settings.autovacuum !== "off",
    fsync: settings.fsync !== "off",
    fullPageWrites: settings.full_page_writes !== "off",
  };
}

/** The server's clock against `nowMs`, milliseconds since 1970 of another one. */
export async function readClock(query: ServerQuery, nowMs: () => number): Promise<ClockDifference> {
  const askedMs = nowMs();
  const [row] = await query("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms");
  const answeredMs = nowMs();
  return {
    aheadMs: Number(row?.ms) - (askedMs + answeredMs) / 2,
    errorMs: (answeredMs - askedMs) / 2,
  };
}

/** undefined for NULL. */
export function optionalText(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}
