/** The leader term, in the catalogs. */
import type { Query } from "../nodes.ts";

const RAISE = "UPDATE orrery.leadership SET term = term + 1, holder = $1, since = now() RETURNING term";

/** Returns the new term. */
export async function raiseTerm(query: Query, holder: string): Promise<number> {
  const [row] = await query(RAISE, [holder]);
  return Number(row?.[0]);
}
