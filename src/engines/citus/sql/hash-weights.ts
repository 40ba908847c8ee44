/** How the rows of one shard spread over the hash ring, on the node that holds it. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { HashWeight } from "../../placement-changes.ts";

/** A shard may have millions of hashes; halving its rows needs no finer steps than that. */
const MOST_WEIGHTS = 4_096;

const weights = (relation: string) => `SELECT max(hash) AS hash, sum(rows) AS rows FROM (
  SELECT hash, rows, floor((sum(rows) OVER (ORDER BY hash) - 1) * ${MOST_WEIGHTS} / sum(rows) OVER ()) AS step
  FROM (SELECT hashtext(shard_key) AS hash, count(*) AS rows FROM ${relation} GROUP BY 1) AS by_hash
) AS steps GROUP BY step ORDER BY 1`;

/**
 * Rows by hash, ascending. Reads the whole shard. Hashes of few rows are summed up under the last of them, so
 * that at most 4,096 weights are left. `relation`: quoted, with schema.
 */
export async function readHashWeights(query: AdminQuery, relation: string): Promise<readonly HashWeight[]> {
  const rows = await query(weights(relation));
  return rows.map(({ hash, rows: count }) => ({ hash: Number(hash), rows: Number(count) }));
}
