/**
 * How many parallel workers help to build an index of a shard that moves or is cut.
 *
 * Citus builds it on a connection that it opens itself, as the role that runs the change, so a setting of the
 * leader's session does not reach it. One of the role does; a role may change its own.
 */
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { LongStatement } from "../cluster-changes.ts";
import { SCHEMA } from "./collections.ts";
import { runAt } from "./run-at.ts";

const OF_NODE = "SELECT concat(nodename, ':', nodeport) AS node FROM pg_dist_node WHERE nodeid = $1";
const OF_SHARD_KEY = `SELECT concat(nodename, ':', nodeport) AS node
FROM pg_dist_placement JOIN pg_dist_node USING (groupid)
WHERE noderole = 'primary' AND shardid = get_shard_id_for_distribution_column($1::regclass, $2::text)`;

export interface IndexWorkers {
  readonly workers: number;
  readonly term: number;
}

/**
 * Sees to it that the indexes of a change are built with so many workers. Writes only where something else
 * holds, and only to the node that builds. Nothing happens for a change that builds no index. Throws as
 * `runAt`.
 */
export async function setIndexWorkers(
  query: AdminQuery,
  statement: LongStatement,
  { workers, term }: IndexWorkers,
): Promise<void> {
  const node = await builderOf(query, statement);
  if (node === undefined) return;
  const present = await runAt(
    query,
    node,
    "SELECT current_setting('max_parallel_maintenance_workers')",
    term,
  );
  if (present === String(workers)) return;
  const [row] = await query("SELECT current_database() AS name");
  const database = quoteIdentifier(String(row?.name));
  // Else Citus would carry it to all nodes, and to the coordinator node first.
  const change = `START TRANSACTION; SET LOCAL citus.enable_ddl_propagation TO off; ALTER ROLE CURRENT_USER IN DATABASE ${database} SET max_parallel_maintenance_workers TO ${workers}; COMMIT`;
  await runAt(query, node, change, term);
}

/** The node on which a change builds indexes; undefined: on none, or what is to be changed is gone. */
async function builderOf(query: AdminQuery, statement: LongStatement): Promise<string | undefined> {
  const find = async (text: string, values: readonly unknown[]) => {
    const [row] = await query(text, values);
    return row === undefined ? undefined : String(row.node);
  };
  switch (statement.kind) {
    case "move":
      return find(OF_NODE, [statement.target]);
    case "split":
      return find(OF_NODE, [statement.node]);
    case "isolate":
      return find(OF_SHARD_KEY, [
        `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(statement.table)}`,
        statement.shardKey,
      ]);
    case "copy reference tables":
      return undefined;
  }
}
