/** How far standbys and subscribers of a node are behind its write-ahead log. Run on the node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { NodeLag } from "../../placement-changes.ts";

/**
 * Of a sender of another role PostgreSQL shows hardly more than that it exists, unless the role that asks has
 * pg_read_all_stats, as members of pg_monitor do. Any role sees in its slot how far a logical one is.
 */
const HIDDEN = "r.state IS NULL AND s.slot_type IS DISTINCT FROM 'logical'";
const SENDERS = "pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid";

/**
 * A base backup and what only receives the log replay nothing and are left out; a standby that is away has
 * its slot.
 */
const LAGS = `SELECT coalesce(s.slot_name::text, nullif(r.application_name, ''), host(r.client_addr), 'local') AS replica,
  ${HIDDEN} AS hidden, pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(r.replay_lsn,
    CASE WHEN s.slot_type = 'logical' THEN s.confirmed_flush_lsn END))::text AS bytes
FROM ${SENDERS}
UNION ALL SELECT slot_name::text, false, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::text
FROM pg_replication_slots WHERE slot_type = 'physical' AND NOT active AND NOT temporary AND restart_lsn IS NOT NULL`;

const HIDES_STANDBYS = `SELECT EXISTS (SELECT FROM ${SENDERS} WHERE ${HIDDEN}) AS hidden`;

/** Whether there are standbys whose lag the role may not see. */
export async function hidesStandbys(query: AdminQuery): Promise<boolean> {
  const [row] = await query(HIDES_STANDBYS);
  return row?.hidden === true;
}

/** Of the slowest; unknown when there is one whose lag the role may not see. */
export async function readReplicationLag(query: AdminQuery, node: string): Promise<NodeLag> {
  const rows = await query(LAGS);
  const hidden = rows.find((row) => row.hidden === true);
  if (hidden !== undefined) {
    return {
      node,
      unknown: `Orrery's admin role may not see how far ${hidden.replica} is: it needs pg_monitor there`,
    };
  }
  const known = rows.filter(({ bytes }) => bytes !== null).sort((a, b) => Number(b.bytes) - Number(a.bytes));
  return { node, bytes: Math.max(0, Number(known[0]?.bytes ?? 0)), replica: String(known[0]?.replica ?? "") };
}
