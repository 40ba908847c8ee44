/** What changes left behind, as Citus notes it. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/**
 * Of changes that have ended: what one under way will drop itself is noted too, and that one holds a lock
 * (objsubid 10) meanwhile.
 */
const LEFT = `SELECT count(*) AS left FROM pg_dist_cleanup c WHERE NOT EXISTS (
  SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 10 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32 | objid::bigint) = c.operation_id)`;

/** As PlacementChanges.cleanUp. */
export async function cleanUp(query: AdminQuery, term: number): Promise<number> {
  await query("CALL orrery.clean_up($1)", [term]);
  const [row] = await query(LEFT);
  return Number(row?.left);
}
