/** Settings of the connections to one server: the pool's, and those that its sessions start with. */
import type { AdmissionLimits } from "../class-of-work.ts";
import { PLANNER_SETTINGS } from "../planner-settings.ts";

export interface PoolSettings extends AdmissionLimits {
  readonly maxLifetimeMs: number;
  /** Statements of a connection; 0: any number. */
  readonly maxUses: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** How long a statement waits for a lock; 0: as long as it may run. */
  readonly lockTimeoutMs: number;
  readonly workMem: string;
  readonly maxScanTuples: number;
  /** Prepared on a connection at a time. */
  readonly preparedStatements: number;
  /** For searches that set none. */
  readonly efSearch: number;
}

/**
 * Set when a connection starts, so that no request pays for it: the server's own limits, should ours fail,
 * and what index scans need. JIT is off because these plans are cheaper to run than to compile.
 */
export function sessionOptions(pool: PoolSettings): string {
  const settings: Readonly<Record<string, string | number>> = {
    statement_timeout: pool.statementTimeoutMs,
    lock_timeout: pool.lockTimeoutMs,
    client_connection_check_interval: 1000,
    work_mem: pool.workMem,
    jit: "off",
    ...PLANNER_SETTINGS,
    "hnsw.ef_search": pool.efSearch,
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": pool.maxScanTuples,
    // Otherwise shards are hidden from catalog queries, and so from the statistics. Ignored where Citus is
    // not loaded.
    "citus.override_table_visibility": "off",
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}
