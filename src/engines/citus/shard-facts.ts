/** What is read off one shard on the node that holds it. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { HashWeight, ShardSize } from "../cluster-changes.ts";

/** `relation`: quoted, with schema. Zeros for a table that is not there. */
export async function readShardSize(query: AdminQuery, relation: string): Promise<ShardSize> {
  // Citus hides shards from catalog queries.
  await query("SET citus.override_table_visibility TO off");
  const [row] = await query(
    `SELECT coalesce(pg_total_relation_size(oid), 0) AS bytes, coalesce(pg_indexes_size(oid), 0) AS index_bytes,
  greatest(reltuples, 0)::bigint AS rows
FROM pg_class WHERE oid = to_regclass($1)`,
    [relation],
  );
  return {
    bytes: Number(row?.bytes ?? 0),
    indexBytes: Number(row?.index_bytes ?? 0),
    rows: Number(row?.rows ?? 0),
  };
}

/** A shard may have millions of hashes, and nobody needs its rows to be halved more exactly than that. */
const MOST_WEIGHTS = 4_096;

/**
 * Rows by hash, ascending. Reads the whole shard. Hashes of few rows are summed up under the last of them, so
 * that at most 4,096 weights are left.
 */
export async function readHashWeights(query: AdminQuery, relation: string): Promise<readonly HashWeight[]> {
  const rows = await query(
    `SELECT max(hash) AS hash, sum(rows) AS rows FROM (
  SELECT hash, rows, floor((sum(rows) OVER (ORDER BY hash) - 1) * ${MOST_WEIGHTS} / sum(rows) OVER ()) AS step
  FROM (SELECT hashtext(shard_key) AS hash, count(*) AS rows FROM ${relation} GROUP BY 1) AS by_hash
) AS steps GROUP BY step ORDER BY 1`,
  );
  return rows.map(({ hash, rows: count }) => ({ hash: Number(hash), rows: Number(count) }));
}

/** Relations quoted, with schema; one that is gone is left out. */
export async function analyseRelations(query: AdminQuery, relations: readonly string[]): Promise<void> {
  for (const relation of relations) {
    const [row] = await query("SELECT to_regclass($1) IS NOT NULL AS present", [relation]);
    if (row?.present === true) await query(`ANALYZE ${relation}`);
  }
}
