/** How much write-ahead log a node writes. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const WAL = `SELECT pg_current_wal_lsn() - '0/0' AS position, wal_bytes,
  extract(epoch FROM clock_timestamp() - stats_reset) AS wal_seconds
FROM pg_stat_wal`;

export interface WalPosition {
  /** Bytes from the beginning of the log. */
  readonly position: number;
  /** On average since the statistics began. */
  readonly bytesPerSecond: number;
}

export async function readWalPosition(query: AdminQuery): Promise<WalPosition> {
  const [row] = await query(WAL);
  return {
    position: Number(row?.position),
    bytesPerSecond: Number(row?.wal_bytes) / Math.max(1, Number(row?.wal_seconds)),
  };
}
