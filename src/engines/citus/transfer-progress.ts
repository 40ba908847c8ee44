/** How far moves are: Citus's monitor of its transfers, and PostgreSQL's of index builds. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { Transfer } from "../cluster-changes.ts";

export async function readTransfers(query: AdminQuery): Promise<readonly Transfer[]> {
  const rows = await query(
    `SELECT shardid, status, source_shard_size, target_shard_size,
  CASE WHEN target_lsn IS NOT NULL THEN pg_wal_lsn_diff(source_lsn, target_lsn) END AS lag
FROM get_rebalance_progress()`,
  );
  return rows.map(({ shardid, status, source_shard_size, target_shard_size, lag }) => ({
    shard: Number(shardid),
    status: String(status),
    sourceBytes: Number(source_shard_size),
    targetBytes: Number(target_shard_size),
    lagBytes: lag === null ? undefined : Math.max(0, Number(lag)),
  }));
}

/**
 * Run on the node that builds. 0 to 1 over all builds of indexes of the relation; undefined when none runs.
 */
export async function readIndexBuild(query: AdminQuery, relation: string): Promise<number | undefined> {
  const [row] = await query(
    `SELECT sum(blocks_done) AS done, sum(blocks_total) AS total
FROM pg_stat_progress_create_index WHERE relid = to_regclass($1)`,
    [relation],
  );
  if (row?.total === null || row?.total === undefined) return undefined;
  return Number(row.total) === 0 ? 0 : Number(row.done) / Number(row.total);
}
