/** What a primary knows about its standbys and replication slots. */
import type { Row, Statement } from "../../shards/statement.ts";

/** A connected standby. Positions are bytes since the beginning of the log. */
export interface ConnectedStandby {
  readonly name: string;
  /** null: a Unix socket. */
  readonly address: string | null;
  /** Its physical slot; null without one. */
  readonly slot: string | null;
  /** `startup`, `catchup`, `streaming`. */
  readonly state: string | null;
  /** `async`, `potential`, `sync`, `quorum`. */
  readonly syncState: string | null;
  /** null before its first report. */
  readonly replayed: number | null;
  /** The primary's own measurement; null without recent activity. */
  readonly replaySeconds: number | null;
}

export interface ReplicationSlot {
  readonly name: string;
  readonly type: "physical" | "logical";
  readonly active: boolean;
  /** Where the log retained for it begins; null when none is. */
  readonly restart: number | null;
}

export interface ReplicationState {
  /** End of the log. */
  readonly position: number;
  readonly standbys: readonly ConnectedStandby[];
  readonly slots: readonly ReplicationSlot[];
}

/**
 * pg_stat_replication also lists base backups and logical subscribers, which are not standbys. A logical
 * walsender, such as a move's, is connected to a database; while it creates its slot it has none yet. Needs
 * pg_read_all_stats: without it PostgreSQL hides what the walsenders of other roles do.
 */
export const REPLICATION: Statement = {
  text: `SELECT CASE WHEN pg_is_in_recovery() THEN NULL ELSE json_build_object(
  'position', pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'),
  'standbys', (SELECT coalesce(json_agg(json_build_object(
      'name', r.application_name, 'address', host(r.client_addr), 'slot', s.slot_name, 'state', r.state,
      'syncState', r.sync_state, 'replayed', pg_wal_lsn_diff(r.replay_lsn, '0/0'),
      'replaySeconds', extract(epoch FROM r.replay_lag)) ORDER BY r.backend_start, r.pid), '[]')
    FROM pg_stat_replication r LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
    WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = r.pid AND a.datid IS NOT NULL)
      AND r.state IS DISTINCT FROM 'backup' AND NOT coalesce(s.temporary, false)
      AND coalesce(s.slot_type, 'physical') = 'physical' AND r.application_name IS DISTINCT FROM 'pg_basebackup'),
  'slots', (SELECT coalesce(json_agg(json_build_object(
      'name', slot_name, 'type', slot_type, 'active', active,
      'restart', pg_wal_lsn_diff(restart_lsn, '0/0')) ORDER BY slot_name), '[]')
    FROM pg_replication_slots WHERE NOT temporary)
)::text END`,
  values: [],
  prepare: true,
};

/** undefined: the server is a standby itself. */
export function decodeReplication(rows: readonly Row[]): ReplicationState | undefined {
  const text = rows[0]?.[0];
  return typeof text === "string" ? (JSON.parse(text) as ReplicationState) : undefined;
}
