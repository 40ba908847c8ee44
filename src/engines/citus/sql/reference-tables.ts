/** Whether a node has every reference table, by the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { addressOf } from "./fenced.ts";

const MISSING = `SELECT count(*)::int AS missing FROM pg_dist_shard s JOIN pg_dist_partition t USING (logicalrelid)
WHERE t.partmethod = 'n' AND t.repmodel = 't' AND NOT EXISTS (
  SELECT FROM pg_dist_placement p JOIN pg_dist_node n USING (groupid)
  WHERE p.shardid = s.shardid AND n.nodename = $1 AND n.nodeport = $2::int)`;

export async function hasReferenceTables(query: AdminQuery, node: string): Promise<boolean> {
  const { host, port } = addressOf(node);
  const [row] = await query(MISSING, [host, port]);
  return Number(row?.missing) === 0;
}
