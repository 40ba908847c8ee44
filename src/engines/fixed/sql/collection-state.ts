/** How far a collection of the catalogs is, from its creation to its removal. */
import type { CollectionSettings } from "../../../topology/collection-settings.ts";
import { holdsLock, type LockToken, lockLost } from "../catalog-lock.ts";
import type { Query } from "../nodes.ts";

const SET_STATE = `UPDATE orrery.collections SET state = $2 WHERE id = $1 AND ${holdsLock("$3")} RETURNING id`;

const DELETE = `WITH gone AS (DELETE FROM orrery.collections WHERE id = $1 AND ${holdsLock("$2")} RETURNING id),
shards AS (DELETE FROM orrery.shards USING gone WHERE collection_id = gone.id)
SELECT id FROM gone`;

/** True until the first collection was created; also while that was begun and not finished. */
const LACKS_FIRST = `SELECT NOT is_called OR EXISTS (SELECT FROM orrery.collections WHERE name = $1 AND state = 'creating')
FROM orrery.collection_ids`;

/** The schema before has none. */
const HAS_SETTINGS = `SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute
  WHERE attrelid = 'orrery.collections'::regclass AND attname = 'settings')`;

const SET_SETTINGS = `UPDATE orrery.collections SET settings = $2::jsonb WHERE id = $1 AND ${holdsLock("$3")} RETURNING id`;

/** Whether the catalogs have room for the settings of collections. */
export async function keepsSettings(query: Query): Promise<boolean> {
  const [row] = await query(HAS_SETTINGS);
  return row?.[0] === true;
}

/** STATEMENT_CONFLICT when the lock was lost, or the collection is gone. */
export async function setSettings(
  query: Query,
  {
    id,
    settings,
    token,
  }: { readonly id: number; readonly settings: CollectionSettings; readonly token: LockToken },
): Promise<void> {
  const rows = await query(SET_SETTINGS, [id, JSON.stringify(settings), token]);
  if (rows.length === 0) throw lockLost();
}

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
