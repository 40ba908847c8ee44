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
const CANCEL = `SELECT (SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE application_name = $2 AND state <> 'idle')
FROM orrery.leadership WHERE term = $1`;

export async function isUnderWay(query: AdminQuery, session: string): Promise<boolean> {
  const [row] = await query(RUNNING, [session]);
  return Number(row?.running) > 0;
}

/** Nothing happens when there is no such session any more. */
export async function cancelStatement(query: AdminQuery, session: string, term: number): Promise<void> {
  await runFenced(query, term, { text: CANCEL, values: [session] });
}
