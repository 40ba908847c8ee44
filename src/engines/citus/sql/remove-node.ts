/** Takes a node out of the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { fromPgError } from "../../../shards/pg-errors.ts";
import { addressOf, runFenced } from "./fenced.ts";

const DISABLE =
  "SELECT citus_disable_node($2, $3::int, synchronous := true) FROM orrery.leadership WHERE term = $1";

const REMOVE = "SELECT citus_remove_node($2, $3::int) FROM orrery.leadership WHERE term = $1";

const FORGET_LEFTOVERS = `WITH forgotten AS (
  DELETE FROM pg_dist_cleanup USING orrery.leadership
  WHERE term = $1 AND NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = node_group_id) RETURNING 1)
SELECT (SELECT count(*) FROM forgotten) FROM orrery.leadership WHERE term = $1`;

/** Puts it out of use, without asking it. Synchronously, or the other nodes would wait for it. */
export async function disableNode(query: AdminQuery, node: string, term: number): Promise<void> {
  const { host, port } = addressOf(node);
  await runFenced(query, term, { text: DISABLE, values: [host, port] });
}

/** A primary in use is notified by Citus, so it has to answer. */
export async function removeFromCatalogs(query: AdminQuery, node: string, term: number): Promise<void> {
  const { host, port } = addressOf(node);
  await runFenced(query, term, { text: REMOVE, values: [host, port] });
}

/**
 * Nobody can drop what changes left on a node that is not registered any more. A role that may not delete the
 * notes of it leaves them.
 */
export async function forgetLeftovers(query: AdminQuery, term: number): Promise<void> {
  await runFenced(query, term, { text: FORGET_LEFTOVERS }).catch((error: unknown) => {
    if (fromPgError(error, { node: "", write: true, sent: false }).code !== "NODE_NOT_MIGRATED") throw error;
  });
}
