/** Pins of namespaces to node groups: rows of a reference table. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { PinRow } from "../cluster-changes.ts";
import { runFenced } from "./fenced.ts";

export async function readPins(query: AdminQuery): Promise<readonly PinRow[]> {
  const rows = await query(
    "SELECT collection_id, namespace, shard_key, group_id FROM orrery.namespace_pins ORDER BY 1, 2",
  );
  return rows.map(({ collection_id, namespace, shard_key, group_id }) => ({
    collection: Number(collection_id),
    namespace: String(namespace),
    shardKey: String(shard_key),
    group: Number(group_id),
  }));
}

export async function putPin(query: AdminQuery, pin: PinRow, term: number): Promise<void> {
  await runFenced(query, term, {
    text: `INSERT INTO orrery.namespace_pins (collection_id, namespace, shard_key, group_id, created_at)
SELECT $2::int, $3, $4, $5::int, now() FROM orrery.leadership WHERE term = $1
ON CONFLICT (collection_id, namespace) DO UPDATE SET group_id = EXCLUDED.group_id RETURNING 1`,
    values: [pin.collection, pin.namespace, pin.shardKey, pin.group],
  });
}

export async function removePin(
  query: AdminQuery,
  { collection, namespace }: Pick<PinRow, "collection" | "namespace">,
  term: number,
): Promise<void> {
  // Citus joins no local table with a reference table that is changed, but what a local table gave.
  await runFenced(query, term, {
    text: `WITH led AS MATERIALIZED (SELECT term FROM orrery.leadership WHERE term = $1::bigint),
deleted AS (DELETE FROM orrery.namespace_pins USING led WHERE collection_id = $2::int AND namespace = $3 RETURNING 1)
SELECT (SELECT count(*) FROM deleted) FROM led`,
    values: [collection, namespace],
  });
}
