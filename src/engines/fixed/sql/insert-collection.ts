/** Adds a collection to the catalogs. */
import { KNOWS_SETTINGS, refuseOnSchemaBefore } from "../../collection-ddl.ts";
import type { CollectionSpec } from "../../engine.ts";
import { holdsLock, type LockToken, lockLost } from "../catalog-lock.ts";
import type { Query } from "../nodes.ts";
import type { Placement } from "../placement.ts";

/** `settings`: the place of their parameter; undefined on the schema before, which has none. */
const insert = (settings?: string) => `WITH created AS (
  INSERT INTO orrery.collections
    (id, name, table_name, dimension, metric, quantization, hnsw_m, hnsw_ef_construction${settings ? ", settings" : ""})
  SELECT new.id, $1, CASE $1 WHEN 'memory_entries' THEN $1 ELSE concat('c_', new.id) END,
    $2, $3, $4, $5, $6${settings ? `, ${settings}::jsonb` : ""}
  FROM (SELECT nextval('orrery.collection_ids')::int AS id) AS new
  WHERE ${holdsLock("$7")}
  RETURNING id
)
INSERT INTO orrery.shards (shard_id, collection_id, hash_min, hash_max, group_id)
SELECT nextval('orrery.shard_ids'), created.id, placed.*
FROM created, unnest($8::int[], $9::int[], $10::int[]) AS placed
RETURNING shard_id`;

/**
 * In state `creating`, with its shards, under new ids. Of fixed shards the table names carry the shard id,
 * which is never reused, so the name `memory_entries` may come back. STATEMENT_CONFLICT when the lock was
 * lost.
 */
export async function insertCollection(
  query: Query,
  {
    spec,
    placements,
    token,
  }: {
    readonly spec: CollectionSpec;
    readonly placements: readonly Placement[];
    readonly token: LockToken;
  },
): Promise<void> {
  const { name, dimension, metric, quantization, hnsw, settings = {} } = spec;
  const knowsSettings = (await query(KNOWS_SETTINGS))[0]?.[0] === true;
  if (!knowsSettings) refuseOnSchemaBefore(spec);
  const rows = await query(insert(knowsSettings ? "$11" : undefined), [
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
    ...(knowsSettings ? [JSON.stringify(settings)] : []),
  ]);
  if (rows.length === 0) throw lockLost();
}
