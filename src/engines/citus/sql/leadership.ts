/** The leader term, on the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const RAISE = "UPDATE orrery.leadership SET term = term + 1, holder = $1, since = now() RETURNING term";

/** Returns the new term. */
export async function raiseTerm(query: AdminQuery, holder: string): Promise<number> {
  const [row] = await query(RAISE, [holder]);
  return Number(row?.term);
}
