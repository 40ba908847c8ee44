/** Rows of `orrery.collections` and the distributed table of a collection, on the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { type CollectionSettings, decodeCollectionSettings } from "../../../topology/collection-settings.ts";
import type { Metric } from "../../../topology/shard-map.ts";
import type { IndexSpec } from "../../collection-ddl.ts";
import type { CollectionSpec } from "../../engine.ts";
import { qualified } from "../schema.ts";

/**
 * Serialises changes of collections; held until the transaction ends. The number is arbitrary and Orrery's
 * own.
 */
const LOCK = "SELECT pg_advisory_xact_lock(7238461590)";

/**
 * The reference table and the shards change in one transaction, which Citus does on one connection per node
 * only.
 */
const ONE_CONNECTION = "SET LOCAL citus.multi_shard_modify_mode TO 'sequential'";

/** Whatever the server's setting is: a second placement of a shard would be searched as a second shard. */
const ONE_PLACEMENT = "SET LOCAL citus.shard_replication_factor TO 1";

const INSERT = `INSERT INTO orrery.collections
(id, name, table_name, dimension, metric, quantization, hnsw_m, hnsw_ef_construction, shard_count, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())`;

/** The schema before has none. */
const HAS_SETTINGS = `SELECT EXISTS (SELECT FROM pg_attribute
  WHERE attrelid = 'orrery.collections'::regclass AND attname = 'settings') AS present`;

const SET_SETTINGS = "UPDATE orrery.collections SET settings = $2 WHERE id = $1 RETURNING id";

const DELETE =
  "DELETE FROM orrery.collections WHERE name = $1 AND id = coalesce($2::int, id) RETURNING id, table_name";

const DISTRIBUTE =
  "SELECT create_distributed_table($1, 'shard_key', colocate_with => 'none', shard_count => $2)";

export async function lockCollections(query: AdminQuery): Promise<void> {
  await query(LOCK);
}

export async function changeOnOneConnection(query: AdminQuery): Promise<void> {
  await query(ONE_CONNECTION);
}

/** The settings that a collection was created with; undefined: there is none of this name. */
export async function findCollection(
  query: AdminQuery,
  name: string,
): Promise<Omit<CollectionSpec, "name"> | undefined> {
  const [row] = await query("SELECT * FROM orrery.collections WHERE name = $1", [name]);
  if (row === undefined) return undefined;
  return {
    dimension: Number(row.dimension),
    metric: row.metric as Metric,
    quantization: row.quantization as CollectionSpec["quantization"],
    hnsw: { m: Number(row.hnsw_m), efConstruction: Number(row.hnsw_ef_construction) },
    shardCount: Number(row.shard_count),
    settings: decodeCollectionSettings(row.settings ?? {}),
  };
}

export interface StoredSettings {
  readonly table: string;
  readonly settings: CollectionSettings;
}

/** undefined: there is none with this id. */
export async function findById(query: AdminQuery, id: number): Promise<StoredSettings | undefined> {
  const [row] = await query("SELECT * FROM orrery.collections WHERE id = $1", [id]);
  if (row === undefined) return undefined;
  return { table: String(row.table_name), settings: decodeCollectionSettings(row.settings ?? {}) };
}

/** Whether the catalogs have room for the settings of collections. */
export async function keepsSettings(query: AdminQuery): Promise<boolean> {
  const [row] = await query(HAS_SETTINGS);
  return row?.present === true;
}

/** False: there is no such collection any more. */
export async function setSettings(
  query: AdminQuery,
  id: number,
  settings: CollectionSettings,
): Promise<boolean> {
  return (await query(SET_SETTINGS, [id, JSON.stringify(settings)])).length > 0;
}

/** True until the first collection was created. */
export async function lacksFirstCollection(query: AdminQuery): Promise<boolean> {
  const [row] = await query("SELECT is_called FROM orrery.collection_ids");
  return row?.is_called === false;
}

/** All collections and their tables. */
export async function listTables(
  query: AdminQuery,
): Promise<readonly { readonly name: string; readonly table: string }[]> {
  const rows = await query("SELECT name, table_name FROM orrery.collections ORDER BY id");
  return rows.map(({ name, table_name: table }) => ({ name: String(name), table: String(table) }));
}

/** A collection with `half` indexes. */
export interface StoredHalf {
  readonly id: number;
  readonly name: string;
  readonly table: string;
  readonly spec: IndexSpec;
  /** As Collection.unnormalized, by the catalogs. */
  readonly unnormalized: boolean;
}

export async function listHalfCollections(query: AdminQuery): Promise<readonly StoredHalf[]> {
  const rows = await query("SELECT * FROM orrery.collections WHERE quantization = 'half' ORDER BY id");
  return rows.map((row) => ({
    id: Number(row.id),
    name: String(row.name),
    table: String(row.table_name),
    spec: {
      dimension: Number(row.dimension),
      metric: row.metric as Metric,
      quantization: "half",
      hnsw: { m: Number(row.hnsw_m), efConstruction: Number(row.hnsw_ef_construction) },
    },
    unnormalized: row.unnormalized === true,
  }));
}

export async function setUnnormalized(query: AdminQuery, id: number, unnormalized: boolean): Promise<void> {
  await query("UPDATE orrery.collections SET unnormalized = $2 WHERE id = $1", [id, unnormalized]);
}

export async function nextCollectionId(query: AdminQuery): Promise<number> {
  const [next] = await query("SELECT nextval('orrery.collection_ids')::int AS id");
  return Number(next?.id);
}

export async function insertCollection(
  query: AdminQuery,
  { id, table, spec }: { readonly id: number; readonly table: string; readonly spec: CollectionSpec },
): Promise<void> {
  const { name, dimension, metric, quantization, hnsw, shardCount } = spec;
  const { m, efConstruction } = hnsw;
  await query(INSERT, [id, name, table, dimension, metric, quantization, m, efConstruction, shardCount]);
  if (spec.settings !== undefined) await setSettings(query, id, spec.settings);
}

/** undefined: there is none of this name, or not with this id. */
export async function deleteCollection(
  query: AdminQuery,
  name: string,
  id: number | undefined,
): Promise<{ readonly id: number; readonly table: string } | undefined> {
  const [row] = await query(DELETE, [name, id ?? null]);
  return row === undefined ? undefined : { id: Number(row.id), table: String(row.table_name) };
}

/** Cuts the table into shards and places each once. */
export async function distributeTable(query: AdminQuery, table: string, shardCount: number): Promise<void> {
  await query(ONE_PLACEMENT);
  await query(DISTRIBUTE, [qualified(table), shardCount]);
}

/** To the role that coordinators log in with. */
export async function grantTable(query: AdminQuery, table: string): Promise<void> {
  await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${qualified(table)} TO orrery_service`);
}

export async function dropTable(query: AdminQuery, table: string): Promise<void> {
  await query(`DROP TABLE ${qualified(table)}`);
}
