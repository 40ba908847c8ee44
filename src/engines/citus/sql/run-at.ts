/** Statements of a leader that run on another server than the Citus coordinator node. */
import { OrreryError } from "../../../errors.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { addressOf, runFenced } from "./fenced.ts";

/**
 * Runs a statement on a server through the Citus coordinator node, where the term can be compared in the same
 * statement: a server does not know who leads. It runs on a connection of Citus, as the role of this session.
 * Returns what the statement returned. Throws NOT_LEADER, and NODE_UNAVAILABLE with what the server said.
 */
export async function runAt(
  query: AdminQuery,
  node: string,
  statement: string,
  term: number,
): Promise<string> {
  const { host, port } = addressOf(node);
  const [row] = await runFenced(query, term, {
    // In the list: from a join PostgreSQL would take its rows first, whatever the term is.
    text: `SELECT (ran).success, (ran).result FROM (
  SELECT master_run_on_worker(ARRAY[$2::text], ARRAY[$3::int], ARRAY[$4::text], true) AS ran
  FROM orrery.leadership WHERE term = $1) AS at_worker`,
    values: [host, port, statement],
  });
  if (row?.success === true) return String(row.result);
  throw new OrreryError("NODE_UNAVAILABLE", `node ${node}: ${String(row?.result)}`, {
    details: { metadata: { node } },
  });
}
