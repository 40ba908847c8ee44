/** Sessions of the Citus coordinator node by the name they go by, for the statements that run on them. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { runFenced } from "./fenced.ts";

/** A session that is idle has ended its statement and only waits for its client to notice. */
const RUNNING =
  "SELECT count(*)::int AS running FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'";

/**
 * In the list and not a condition: PostgreSQL evaluates conditions in any order, so it might cancel other
 * sessions as well.
 */
const end = (how: string) =>
  `SELECT (SELECT count(${how}(pid)) FROM pg_stat_activity WHERE application_name = $2 AND state <> 'idle')
FROM orrery.leadership WHERE term = $1`;
const CANCEL = end("pg_cancel_backend");
const TERMINATE = end("pg_terminate_backend");

export async function isUnderWay(query: AdminQuery, session: string): Promise<boolean> {
  const [row] = await query(RUNNING, [session]);
  return Number(row?.running) > 0;
}

/** Nothing happens when there is no such session any more. */
export async function cancelStatement(
  query: AdminQuery,
  session: string,
  { term, terminate = false }: { readonly term: number; readonly terminate?: boolean },
): Promise<void> {
  await runFenced(query, term, { text: terminate ? TERMINATE : CANCEL, values: [session] });
}
