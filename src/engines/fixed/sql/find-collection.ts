/** A collection by its name, in any state. */
import type { Quantization, Shard } from "../../../topology/shard-map.ts";
import type { Query } from "../nodes.ts";

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

const FIND = `SELECT json_build_object('id', id, 'table', table_name, 'dimension', dimension, 'quantization', quantization,
  'm', hnsw_m, 'efConstruction', hnsw_ef_construction, 'state', state, 'shards', (
    SELECT json_agg(json_build_object('id', shard_id, 'min', hash_min, 'max', hash_max, 'group', group_id))
    FROM orrery.shards WHERE collection_id = id))::text
FROM orrery.collections WHERE name = $1`;

/** On the node with the catalogs. */
export async function findCollection(query: Query, name: string): Promise<StoredCollection | undefined> {
  const [row] = await query(FIND, [name]);
  return row === undefined ? undefined : (JSON.parse(String(row[0])) as StoredCollection);
}
