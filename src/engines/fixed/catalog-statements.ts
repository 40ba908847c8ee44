/**
 * What the engine reads and writes in the tables of schema `orrery`, mostly those of the catalogs on node
 * group 1.
 */
import { OrreryError } from "../../errors.ts";
import type { Catalog, GroupId, Quantization, Shard } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import type { CollectionSpec } from "../engine.ts";
import type { Query } from "./nodes.ts";
import type { Placement } from "./placement.ts";

export interface StoredCollection {
  readonly id: number;
  readonly table: string;
  readonly dimension: number;
  readonly quantization: Quantization;
  readonly m: number;
  readonly efConstruction: number;
  readonly state: "creating" | "live" | "dropping";
  readonly shards: readonly Shard[];
}

/** Everything requests are routed by: the collections that are live. NODE_NOT_MIGRATED without a cluster. */
export async function readCatalog(query: Query): Promise<Catalog> {
  return decodeCatalog(await query(READ_CATALOG.text));
}

export async function findCollection(query: Query, name: string): Promise<StoredCollection | undefined> {
  const [row] = await query(
    `SELECT json_build_object('id', id, 'table', table_name, 'dimension', dimension, 'quantization', quantization,
  'm', hnsw_m, 'efConstruction', hnsw_ef_construction, 'state', state, 'shards', (
    SELECT json_agg(json_build_object('id', shard_id, 'min', hash_min, 'max', hash_max, 'group', group_id))
    FROM orrery.shards WHERE collection_id = id))::text
FROM orrery.collections WHERE name = $1`,
    [name],
  );
  return row === undefined ? undefined : (JSON.parse(String(row[0])) as StoredCollection);
}

export async function listGroups(query: Query): Promise<readonly GroupId[]> {
  return (await query("SELECT group_id FROM orrery.nodes ORDER BY group_id")).map(([group]) => Number(group));
}

/**
 * Adds a collection in state `creating`, with its shards, under new ids. Of fixed shards the table names
 * carry the shard id, which is never reused, so the name `memory_entries` may come back.
 */
export async function insertCollection(
  query: Query,
  {
    spec,
    placements,
    term,
  }: {
    readonly spec: CollectionSpec;
    readonly placements: readonly Placement[];
    readonly term: number | undefined;
  },
): Promise<void> {
  const { name, dimension, quantization, hnsw } = spec;
  const rows = await query(
    `WITH created AS (
  INSERT INTO orrery.collections (id, name, table_name, dimension, quantization, hnsw_m, hnsw_ef_construction)
  SELECT new.id, $1, CASE $1 WHEN 'memory_entries' THEN $1 ELSE concat('c_', new.id) END, $2, $3, $4, $5
  FROM orrery.leadership, (SELECT nextval('orrery.collection_ids')::int AS id) AS new
  WHERE term = coalesce($6, term)
  RETURNING id
)
INSERT INTO orrery.shards (shard_id, collection_id, hash_min, hash_max, group_id)
SELECT nextval('orrery.shard_ids'), created.id, placed.*
FROM created, unnest($7::int[], $8::int[], $9::int[]) AS placed
RETURNING shard_id`,
    [
      name,
      dimension,
      quantization,
      hnsw.m,
      hnsw.efConstruction,
      term ?? null,
      placements.map(({ min }) => min),
      placements.map(({ max }) => max),
      placements.map(({ group }) => group),
    ],
  );
  if (rows.length === 0) throw notLeader();
}

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
  const rows = await query(
    `UPDATE orrery.collections SET state = $2
FROM orrery.leadership WHERE id = $1 AND term = coalesce($3, term) RETURNING id`,
    [id, state, term ?? null],
  );
  if (rows.length === 0) throw notLeader();
}

export async function deleteCollection(query: Query, id: number): Promise<void> {
  await query(
    `WITH shards AS (DELETE FROM orrery.shards WHERE collection_id = $1)
DELETE FROM orrery.collections WHERE id = $1`,
    [id],
  );
}

/** Tells a node other than the catalogs' which shards it holds. */
export async function insertShards(
  query: Query,
  collection: number,
  shards: readonly Shard[],
): Promise<void> {
  await query(
    `INSERT INTO orrery.shards (shard_id, collection_id, hash_min, hash_max, group_id)
SELECT id, $1, min, max, group_id FROM unnest($2::int8[], $3::int[], $4::int[], $5::int[]) AS s (id, min, max, group_id)`,
    [
      collection,
      shards.map(({ id }) => id),
      shards.map(({ min }) => min),
      shards.map(({ max }) => max),
      shards.map(({ group }) => group),
    ],
  );
}

export async function deleteShards(query: Query, collection: number): Promise<void> {
  await query("DELETE FROM orrery.shards WHERE collection_id = $1", [collection]);
}

/** True until the first collection was made; also while that was begun and not finished. */
export async function lacksFirstCollection(query: Query, name: string): Promise<boolean> {
  const [row] = await query(
    `SELECT NOT is_called OR EXISTS (SELECT FROM orrery.collections WHERE name = $1 AND state = 'creating')
FROM orrery.collection_ids`,
    [name],
  );
  return row?.[0] === true;
}

export async function raiseTerm(query: Query, holder: string): Promise<number> {
  const [row] = await query(
    "UPDATE orrery.leadership SET term = term + 1, holder = $1, since = now() RETURNING term",
    [holder],
  );
  return Number(row?.[0]);
}

/** Shards a node says it holds, ascending. */
export async function heldShards(query: Query): Promise<readonly number[]> {
  const rows = await query(
    "SELECT shard_id FROM orrery.shards JOIN orrery.node USING (group_id) ORDER BY shard_id",
  );
  return rows.map(([id]) => Number(id));
}

function notLeader(): OrreryError {
  return new OrreryError("NOT_LEADER", "another coordinator leads: its term is in the catalogs");
}
