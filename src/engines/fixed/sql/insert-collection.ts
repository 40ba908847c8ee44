/** Adds a collection to the catalogs. */
import type { CollectionSpec } from "../../engine.ts";
import { holdsLock, type LockToken, lockLost } from "../catalog-lock.ts";
import type { Query } from "../nodes.ts";
import type { Placement } from "../placement.ts";
import { setSettings } from "./collection-state.ts";

const INSERT = `WITH created AS (
  INSERT INTO orrery.collections (id, name, table_name, dimension, metric, quantization, hnsw_m, hnsw_ef_construction)
  SELECT new.id, $1, CASE $1 WHEN 'memory_entries' THEN $1 ELSE concat('c_', new.id) END, $2, $3, $4, $5, $6
  FROM (SELECT nextval('orrery.collection_ids')::int AS id) AS new
  WHERE ${holdsLock("$7")}
  RETURNING id
)
INSERT INTO orrery.shards (shard_id, collection_id, hash_min, hash_max, group_id)
SELECT nextval('orrery.shard_ids'), created.id, placed.*
FROM created, unnest($8::int[], $9::int[], $10::int[]) AS placed
RETURNING shard_id, collection_id`;

/**
 * In state `creating`, with its shards, under new ids. Of fixed shards the table names carry the shard id,
 * which is never reused, so the name `memory_entries` may come back. STATEMENT_CONFLICT when the lock was
 * lost.
 */
export async function insertCollection(
  query: Query,
  {
    spec: { name, dimension, metric, quantization, hnsw, settings },
    placements,
    token,
  }: {
    readonly spec: CollectionSpec;
    readonly placements: readonly Placement[];
    readonly token: LockToken;
  },
): Promise<void> {
  const rows = await query(INSERT, [
    name,
    dimension,
    metric,
    quantization,
    hnsw.m,
    hnsw.efConstruction,
    token,
    placements.map(({ min }) => min),
    placements.map(({ max }) => max),
    placements.map(({ group }) => group),
  ]);
  const [row] = rows;
  if (row === undefined) throw lockLost();
  // Nobody sees the collection before it is live.
  if (settings !== undefined) await setSettings(query, { id: Number(row[1]), settings, token });
}
