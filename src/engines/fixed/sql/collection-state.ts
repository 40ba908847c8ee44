/** How far a collection of the catalogs is, from its creation to its removal. */
import { holdsLock, type LockToken, lockLost } from "../catalog-lock.ts";
import type { Query } from "../nodes.ts";

const SET_STATE = `UPDATE orrery.collections SET state = $2 WHERE id = $1 AND ${holdsLock("$3")} RETURNING id`;

const DELETE = `WITH gone AS (DELETE FROM orrery.collections WHERE id = $1 AND ${holdsLock("$2")} RETURNING id),
shards AS (DELETE FROM orrery.shards USING gone WHERE collection_id = gone.id)
SELECT id FROM gone`;

/** True until the first collection was created; also while that was begun and not finished. */
const LACKS_FIRST = `SELECT NOT is_called OR EXISTS (SELECT FROM orrery.collections WHERE name = $1 AND state = 'creating')
FROM orrery.collection_ids`;

/** STATEMENT_CONFLICT when the lock was lost, or the collection is gone. */
export async function setState(
  query: Query,
  {
    id,
    state,
    token,
  }: {
    readonly id: number;
    readonly state: "live" | "dropping";
    readonly token: LockToken;
  },
): Promise<void> {
  const rows = await query(SET_STATE, [id, state, token]);
  if (rows.length === 0) throw lockLost();
}

/** With its shards. STATEMENT_CONFLICT when the lock was lost, or the collection is gone. */
export async function deleteCollection(query: Query, id: number, token: LockToken): Promise<void> {
  const rows = await query(DELETE, [id, token]);
  if (rows.length === 0) throw lockLost();
}

/** `name`: of the first collection. */
export async function lacksFirstCollection(query: Query, name: string): Promise<boolean> {
  const [row] = await query(LACKS_FIRST, [name]);
  return row?.[0] === true;
}
