/** How far the transfers of shard groups are, by Citus's monitor. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { Transfer, TransferPhase } from "../../placement-changes.ts";

/** Citus's words for the phases. Constraints are all indexes, the HNSW index too. */
const PHASES: Readonly<Record<string, TransferPhase>> = {
  "Setting Up": "set up",
  "Copying Data": "copy",
  "Catching Up": "catch up",
  "Creating Constraints": "build indexes",
  "Final Catchup": "final catch-up",
  "Creating Foreign Keys": "cut over",
  Completing: "cut over",
};

const TRANSFERS = `SELECT shardid, status, source_shard_size, target_shard_size,
  CASE WHEN target_lsn IS NOT NULL THEN pg_wal_lsn_diff(source_lsn, target_lsn) END AS lag
FROM get_rebalance_progress()`;

export async function readTransfers(query: AdminQuery): Promise<readonly Transfer[]> {
  const rows = await query(TRANSFERS);
  return rows.map(({ shardid, status, source_shard_size, target_shard_size, lag }) => ({
    shard: Number(shardid),
    phase: PHASES[String(status)] ?? "set up",
    sourceBytes: Number(source_shard_size),
    targetBytes: Number(target_shard_size),
    lagBytes: lag === null ? undefined : Math.max(0, Number(lag)),
  }));
}
