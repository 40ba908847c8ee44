/** What one server reports about itself. */
import type { Row, Statement } from "../../shards/statement.ts";

export interface RunningBuild {
  readonly pid: number;
  readonly relation: string;
  readonly hnsw: boolean;
  /** 0 to 1; null before PostgreSQL reports a total. */
  readonly progress: number | null;
  /** Since the statement began; null when hidden from the role. */
  readonly elapsedSeconds: number | null;
}

export interface NodeStats {
  readonly standby: boolean;
  readonly connections: number;
  /** Available to ordinary roles. */
  readonly maxConnections: number;
  readonly databaseBytes: number;
  readonly blocksHit: number;
  readonly blocksRead: number;
  readonly sequentialScans: number;
  readonly hnswScans: number;
  readonly btreeScans: number;
  readonly builds: readonly RunningBuild[];
  readonly vacuums: readonly { readonly relation: string; readonly progress: number | null }[];
  /** null without Citus: PostgreSQL itself cannot tell. */
  readonly diskFreeBytes: number | null;
  readonly diskTotalBytes: number | null;
}

/** Expressions in SQL for the disk of the server that evaluates them, in bytes. */
export interface DiskSql {
  readonly freeBytes: string;
  readonly totalBytes: string;
}

/** PostgreSQL itself has no functions for it. */
const UNKNOWN_DISK: DiskSql = { freeBytes: "NULL", totalBytes: "NULL" };

/**
 * `relations`: the shards on the node. pg_stat_progress_create_index does not name an index that CREATE INDEX
 * has not finished, and shows the access method only within a text; parameter 9 of the counters underneath is
 * its oid. Needs pg_read_all_stats to see the builds and vacuums of other roles.
 */
export function nodeStatement(relations: readonly string[], diskSql: DiskSql = UNKNOWN_DISK): Statement {
  return {
    text: `WITH shards AS (SELECT c.oid FROM unnest($1::text[]) AS r (relation) JOIN pg_class c ON c.oid = to_regclass(r.relation)),
indexes AS (
  SELECT a.amname, sum(pg_stat_get_numscans(i.indexrelid)) AS scans
  FROM shards s JOIN pg_index i ON i.indrelid = s.oid JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
  GROUP BY a.amname)
SELECT json_build_object(
  'standby', pg_is_in_recovery(),
  'connections', (SELECT sum(numbackends) FROM pg_stat_database),
  'maxConnections', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(current_setting('reserved_connections', true), '0')::int,
  'databaseBytes', pg_database_size(current_database()),
  'blocksHit', d.blks_hit, 'blocksRead', d.blks_read,
  'sequentialScans', (SELECT coalesce(sum(pg_stat_get_numscans(oid)), 0) FROM shards),
  'hnswScans', coalesce((SELECT scans FROM indexes WHERE amname = 'hnsw'), 0),
  'btreeScans', coalesce((SELECT scans FROM indexes WHERE amname = 'btree'), 0),
  'builds', (SELECT coalesce(json_agg(json_build_object('pid', p.pid, 'relation', coalesce(c.relname, p.relid::text),
      'hnsw', coalesce(m.amname = 'hnsw', false),
      'progress', p.blocks_done::float8 / nullif(p.blocks_total, 0),
      'elapsedSeconds', extract(epoch FROM clock_timestamp() - a.query_start))), '[]')
    FROM pg_stat_progress_create_index p JOIN pg_stat_get_progress_info('CREATE INDEX') i ON i.pid = p.pid
    LEFT JOIN pg_class c ON c.oid = p.relid LEFT JOIN pg_stat_activity a ON a.pid = p.pid LEFT JOIN pg_am m ON m.oid = i.param9
    WHERE p.datname = current_database()),
  'vacuums', (SELECT coalesce(json_agg(json_build_object('relation', c.relname,
      'progress', p.heap_blks_scanned::float8 / nullif(p.heap_blks_total, 0))), '[]')
    FROM pg_stat_progress_vacuum p JOIN pg_class c ON c.oid = p.relid WHERE p.datname = current_database()),
  'diskFreeBytes', ${diskSql.freeBytes}, 'diskTotalBytes', ${diskSql.totalBytes}
)::text FROM pg_stat_database d WHERE d.datname = current_database()`,
    values: [relations],
    prepare: true,
  };
}

export function decodeNodeStats(rows: readonly Row[]): NodeStats {
  return JSON.parse(String(rows[0]?.[0])) as NodeStats;
}
