/** What the leader compares between nodes every few seconds. Run on any node, as the role that searches. */
import type { Row, Statement } from "../../../shards/statement.ts";

export const CHECK_NODE: Statement = {
  text: `SELECT
  (SELECT md5(coalesce(string_agg(concat(shardid, ':', groupid), ',' ORDER BY shardid, groupid), '')) FROM pg_dist_placement),
  (SELECT count(*) FROM pg_prepared_xacts WHERE gid LIKE 'citus\\_%' AND database = current_database()
     AND prepared < now() - interval '5 seconds')`,
  values: [],
  prepare: true,
};

export interface NodeCheck {
  /** Of the node group of every shard, by the node's own catalogs. */
  readonly placementChecksum: string;
  /** Commits of Citus that have been prepared for more than five seconds. */
  readonly stuckCommits: number;
}

export function decodeNodeCheck([row]: readonly Row[]): NodeCheck {
  return { placementChecksum: String(row?.[0]), stuckCommits: Number(row?.[1] ?? 0) };
}
