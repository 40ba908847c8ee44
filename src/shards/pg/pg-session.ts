/** The settings of the connections to one server, ours and those its sessions start with. */

export interface PoolSettings {
  readonly max: number;
  readonly queue: number;
  readonly maxLifetimeMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly workMem: string;
  readonly maxScanTuples: number;
  /** What searches use that set none. */
  readonly efSearch: number;
}

/**
 * Set when the connection starts, so that no request pays for it: limits of the server's own, should ours get
 * lost, and what index scans need. JIT compiles plans that are cheaper to run than to compile.
 */
export function sessionOptions(pool: PoolSettings): string {
  const settings: Readonly<Record<string, string | number>> = {
    statement_timeout: pool.statementTimeoutMs,
    client_connection_check_interval: 1000,
    work_mem: pool.workMem,
    jit: "off",
    // Vectors and graph are to be in memory. At PostgreSQL's 4 it compares all rows of shards of several
    // thousand, which takes up to five times as long as following their index.
    random_page_cost: 1.1,
    "hnsw.ef_search": pool.efSearch,
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": pool.maxScanTuples,
    // Shards are hidden from catalog queries otherwise, also from the statistics. Ignored where Citus is not
    // loaded.
    "citus.override_table_visibility": "off",
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}
