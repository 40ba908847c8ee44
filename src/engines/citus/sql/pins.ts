/** Pins of namespaces to node groups: rows of a reference table, which an older schema lacks. */
import type { ClusterReading } from "../../../rebalance/cluster-inventory.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { PinRow } from "../../placement-changes.ts";
import { runFenced } from "./fenced.ts";

const READ = "SELECT collection_id, namespace, shard_key, group_id FROM orrery.namespace_pins ORDER BY 1, 2";

const READ_BY_NAME = `SELECT c.name AS collection, p.namespace, p.shard_key, p.group_id
FROM orrery.namespace_pins p JOIN orrery.collections c ON c.id = p.collection_id ORDER BY p.collection_id, p.namespace`;

const PUT = `INSERT INTO orrery.namespace_pins (collection_id, namespace, shard_key, group_id, created_at)
SELECT $2::int, $3, $4, $5::int, now() FROM orrery.leadership WHERE term = $1
ON CONFLICT (collection_id, namespace) DO UPDATE SET group_id = EXCLUDED.group_id RETURNING 1`;

/** Citus joins no local table with a reference table that is changed, but what a local table gave. */
const REMOVE = `WITH led AS MATERIALIZED (SELECT term FROM orrery.leadership WHERE term = $1::bigint),
deleted AS (DELETE FROM orrery.namespace_pins USING led WHERE collection_id = $2::int AND namespace = $3 RETURNING 1)
SELECT (SELECT count(*) FROM deleted) FROM led`;

/** Fails on a schema without the table. */
export async function readPins(query: AdminQuery): Promise<readonly PinRow[]> {
  const rows = await query(READ);
  return rows.map(({ collection_id, namespace, shard_key, group_id }) => ({
    collection: Number(collection_id),
    namespace: String(namespace),
    shardKey: String(shard_key),
    group: Number(group_id),
  }));
}

/** With collections by name; none on a schema without the table. */
export async function readPinsByName(query: AdminQuery): Promise<ClusterReading["pins"]> {
  if (!(await hasPins(query))) return [];
  const rows = await query(READ_BY_NAME);
  return rows.map(({ collection, namespace, shard_key, group_id }) => ({
    collection: String(collection),
    namespace: String(namespace),
    shardKey: String(shard_key),
    group: Number(group_id),
  }));
}

export async function putPin(query: AdminQuery, pin: PinRow, term: number): Promise<void> {
  const values = [pin.collection, pin.namespace, pin.shardKey, pin.group];
  await runFenced(query, term, { text: PUT, values });
}

export async function removePin(
  query: AdminQuery,
  { collection, namespace }: Pick<PinRow, "collection" | "namespace">,
  term: number,
): Promise<void> {
  await runFenced(query, term, { text: REMOVE, values: [collection, namespace] });
}

/** Of a collection that is dropped; nothing on a schema without the table. */
export async function deletePinsOf(query: AdminQuery, collection: number): Promise<void> {
  if (!(await hasPins(query))) return;
  await query("DELETE FROM orrery.namespace_pins WHERE collection_id = $1", [collection]);
}

async function hasPins(query: AdminQuery): Promise<boolean> {
  const [row] = await query("SELECT to_regclass('orrery.namespace_pins') IS NOT NULL AS present");
  return row?.present === true;
}
