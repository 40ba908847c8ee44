/** The leader term, in the catalogs. */
import { OrreryError } from "../../../errors.ts";
import type { Query } from "../nodes.ts";

const RAISE = "UPDATE orrery.leadership SET term = term + 1, holder = $1, since = now() RETURNING term";

/** Returns the new term. */
export async function raiseTerm(query: Query, holder: string): Promise<number> {
  const [row] = await query(RAISE, [holder]);
  return Number(row?.[0]);
}

/** For a statement that found another term than its own. */
export function notLeader(): OrreryError {
  return new OrreryError("NOT_LEADER", "another coordinator leads: its term is in the catalogs");
}
