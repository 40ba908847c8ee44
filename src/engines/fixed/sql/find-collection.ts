/** Collections as the catalogs have them: one by its name, in any state, or all that requests see. */
import { type CollectionSettings, decodeCollectionSettings } from "../../../topology/collection-settings.ts";
import type { Metric, Quantization, Shard } from "../../../topology/shard-map.ts";
import type { Query } from "../nodes.ts";

export interface StoredCollection {
  readonly id: number;
  readonly table: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly quantization: Quantization;
  readonly m: number;
  readonly efConstruction: number;
  readonly state: "creating" | "live" | "dropping";
  /** Empty on the schema before. */
  readonly settings: CollectionSettings;
  readonly shards: readonly Shard[];
}

export interface NamedCollection extends StoredCollection {
  readonly name: string;
  /** As Collection.unnormalized, by the catalogs. */
  readonly unnormalized: boolean;
}

/** By its name in the row, so that the schema before, which has none, is asked in the same words. */
const SETTINGS = "'settings', to_jsonb(c) -> 'settings'";

const FIND = `SELECT json_build_object('id', id, 'table', table_name, ${SETTINGS}, 'dimension', dimension, 'metric', metric,
  'quantization', quantization,
  'm', hnsw_m, 'efConstruction', hnsw_ef_construction, 'state', state, 'shards', (
    SELECT json_agg(json_build_object('id', shard_id, 'min', hash_min, 'max', hash_max, 'group', group_id))
    FROM orrery.shards WHERE collection_id = id))::text
FROM orrery.collections c WHERE name = $1`;

/** The schema before lacks `unnormalized`. */
const LIST_LIVE = `SELECT json_build_object('id', id, 'name', name, 'table', table_name, ${SETTINGS}, 'dimension', dimension,
  'metric', metric, 'quantization', quantization, 'unnormalized', unnormalized, 'm', hnsw_m, 'efConstruction', hnsw_ef_construction,
  'state', state, 'shards', (
    SELECT json_agg(json_build_object('id', shard_id, 'min', hash_min, 'max', hash_max, 'group', group_id) ORDER BY shard_id)
    FROM orrery.shards WHERE collection_id = id))::text
FROM orrery.collections c WHERE state = 'live' ORDER BY id`;

/** On the node with the catalogs, migrated. */
export async function listLive(query: Query): Promise<readonly NamedCollection[]> {
  return (await query(LIST_LIVE)).map(([json]) => withSettings(JSON.parse(String(json)) as NamedCollection));
}

/** On the node with the catalogs, migrated. */
export async function setUnnormalized(query: Query, id: number, unnormalized: boolean): Promise<void> {
  await query("UPDATE orrery.collections SET unnormalized = $2 WHERE id = $1", [id, unnormalized]);
}

/** On the node with the catalogs. */
export async function findCollection(query: Query, name: string): Promise<StoredCollection | undefined> {
  const [row] = await query(FIND, [name]);
  return row === undefined ? undefined : withSettings(JSON.parse(String(row[0])) as StoredCollection);
}

function withSettings<C extends StoredCollection>(stored: C): C {
  return { ...stored, settings: decodeCollectionSettings(stored.settings ?? {}) };
}
