/**
 * How many parallel workers help to build an index of a shard that moves or is cut.
 *
 * Citus builds it on a connection that it opens itself, as the role that runs the change, so a setting of the
 * leader's session does not reach it. One of the role does; a role may change its own.
 */
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { LongStatement } from "../placement-changes.ts";
import { findBuilders } from "./sql/builder-nodes.ts";
import { ON_THIS_NODE_ONLY } from "./sql/rights.ts";
import { runAt } from "./sql/run-at.ts";

export interface IndexWorkers {
  readonly workers: number;
  readonly term: number;
}

/**
 * Has the indexes of a change built with so many workers. Writes only where another number is set, and only
 * to the nodes that build. Nothing happens for a change that builds no index. Throws as `runAt`.
 */
export async function setIndexWorkers(
  query: AdminQuery,
  statement: LongStatement,
  wanted: IndexWorkers,
): Promise<void> {
  for (const node of await findBuilders(query, statement)) await setWorkersAt(query, node, wanted);
}

async function setWorkersAt(query: AdminQuery, node: string, { workers, term }: IndexWorkers): Promise<void> {
  const present = await runAt(
    query,
    node,
    "SELECT current_setting('max_parallel_maintenance_workers')",
    term,
  );
  if (present === String(workers)) return;
  const [row] = await query("SELECT current_database() AS name");
  const database = quoteIdentifier(String(row?.name));
  // Citus would carry it to all nodes otherwise, and to the coordinator node first.
  const change = `START TRANSACTION; ${ON_THIS_NODE_ONLY}; ALTER ROLE CURRENT_USER IN DATABASE ${database} SET max_parallel_maintenance_workers TO ${workers}; COMMIT`;
  await runAt(query, node, change, term);
}
