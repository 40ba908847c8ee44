/**
 * Tables of shards that changed enough to be analysed or vacuumed. The thresholds are autovacuum's defaults.
 */
import type { Query } from "../nodes.ts";

const DUE = `SELECT relname, n_dead_tup > 50 + 0.2 * n_live_tup
FROM pg_stat_user_tables
WHERE schemaname = 'orrery_data'
  AND (n_mod_since_analyze > 50 + 0.1 * n_live_tup OR n_dead_tup > 50 + 0.2 * n_live_tup)`;

export interface DueTable {
  readonly table: string;
  /** Enough to vacuum it too. */
  readonly hasDeadRows: boolean;
}

export async function findDueTables(query: Query): Promise<readonly DueTable[]> {
  return (await query(DUE)).map(([table, hasDeadRows]) => ({
    table: String(table),
    hasDeadRows: hasDeadRows === true,
  }));
}
