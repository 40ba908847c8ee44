/** Which node builds the indexes of a change, by the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { LongStatement } from "../../placement-changes.ts";
import { qualified } from "../schema.ts";

const BY_ID = "SELECT concat(nodename, ':', nodeport) AS node FROM pg_dist_node WHERE nodeid = $1";

const BY_SHARD_KEY = `SELECT concat(nodename, ':', nodeport) AS node
FROM pg_dist_placement JOIN pg_dist_node USING (groupid)
WHERE noderole = 'primary' AND shardid = get_shard_id_for_distribution_column($1::regclass, $2::text)`;

/** `host:port`; undefined: none does, or what is to be changed is gone. */
export async function findBuilder(query: AdminQuery, statement: LongStatement): Promise<string | undefined> {
  const find = async (text: string, values: readonly unknown[]) => {
    const [row] = await query(text, values);
    return row === undefined ? undefined : String(row.node);
  };
  switch (statement.kind) {
    case "move":
      return find(BY_ID, [statement.target]);
    case "split":
      return find(BY_ID, [statement.node]);
    case "isolate":
      return find(BY_SHARD_KEY, [qualified(statement.table), statement.shardKey]);
    case "copy reference tables":
      return undefined;
  }
}
