/** How far a collection of the catalogs is, from its creation to its removal. */
import type { Query } from "../nodes.ts";
import { notLeader } from "./leadership.ts";

const SET_STATE = `UPDATE orrery.collections SET state = $2
FROM orrery.leadership WHERE id = $1 AND term = coalesce($3, term) RETURNING id`;

const DELETE = `WITH shards AS (DELETE FROM orrery.shards WHERE collection_id = $1)
DELETE FROM orrery.collections WHERE id = $1`;

/** True until the first collection was created; also while that was begun and not finished. */
const LACKS_FIRST = `SELECT NOT is_called OR EXISTS (SELECT FROM orrery.collections WHERE name = $1 AND state = 'creating')
FROM orrery.collection_ids`;

/** NOT_LEADER when `term` is not the present one, or the collection is gone. */
export async function setState(
  query: Query,
  {
    id,
    state,
    term,
  }: {
    readonly id: number;
    readonly state: "live" | "dropping";
    readonly term: number | undefined;
  },
): Promise<void> {
  const rows = await query(SET_STATE, [id, state, term ?? null]);
  if (rows.length === 0) throw notLeader();
}

/** With its shards. */
export async function deleteCollection(query: Query, id: number): Promise<void> {
  await query(DELETE, [id]);
}

/** `name`: of the first collection. */
export async function lacksFirstCollection(query: Query, name: string): Promise<boolean> {
  const [row] = await query(LACKS_FIRST, [name]);
  return row?.[0] === true;
}
