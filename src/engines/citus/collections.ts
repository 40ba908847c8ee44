/** Creating and dropping collections on Citus: one transaction each, so all or nothing. */
import { OrreryError } from "../../errors.ts";
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import { createIndexSql, createTableSql } from "../collection-ddl.ts";
import type { CollectionSpec } from "../engine.ts";

export const SCHEMA = "public";

/**
 * Serialises changes of collections; held until the transaction ends. The number is arbitrary and Orrery's
 * own.
 */
const LOCK_COLLECTIONS = "SELECT pg_advisory_xact_lock(7238461590)";

/**
 * `table`: the name to use instead of one made from the new id. Confirmation and errors as
 * Engine.createCollection.
 */
export async function createCollection(
  query: AdminQuery,
  spec: CollectionSpec,
  { table, confirm }: { readonly table?: string; readonly confirm?: (() => Promise<void>) | undefined } = {},
): Promise<void> {
  await query(LOCK_COLLECTIONS);
  // A caller that freezes from here on has the lock until the server ends its idle transaction.
  await confirm?.();
  const [existing] = await query("SELECT * FROM orrery.collections WHERE name = $1", [spec.name]);
  if (existing !== undefined) return checkSame(existing, spec);
  const [next] = await query("SELECT nextval('orrery.collection_ids')::int AS id");
  const id = Number(next?.id);
  const tableName = table ?? `c_${id}`;
  const qualified = `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(tableName)}`;
  // The reference table and the shards change in one transaction, which Citus does on one connection per node
  // only.
  await query("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'");
  await query(
    `INSERT INTO orrery.collections
(id, name, table_name, dimension, metric, quantization, hnsw_m, hnsw_ef_construction, shard_count, created_at)
VALUES ($1, $2, $3, $4, 'cosine', $5, $6, $7, $8, now())`,
    [
      id,
      spec.name,
      tableName,
      spec.dimension,
      spec.quantization,
      spec.hnsw.m,
      spec.hnsw.efConstruction,
      spec.shardCount,
    ],
  );
  await query(createTableSql(SCHEMA, tableName, spec.dimension));
  await query(
    "SELECT create_distributed_table($1, 'shard_key', colocate_with => 'none', shard_count => $2)",
    [qualified, spec.shardCount],
  );
  await query(createIndexSql(SCHEMA, tableName, spec));
  await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${qualified} TO orrery_service`);
}

export async function dropCollection(query: AdminQuery, name: string, id?: number): Promise<void> {
  await query(LOCK_COLLECTIONS);
  await query("SET LOCAL citus.multi_shard_modify_mode TO 'sequential'");
  const [dropped] = await query(
    "DELETE FROM orrery.collections WHERE name = $1 AND id = coalesce($2::int, id) RETURNING id, table_name",
    [name, id ?? null],
  );
  if (dropped === undefined) return;
  // Not on a schema that has no pins yet.
  const [pins] = await query("SELECT to_regclass('orrery.namespace_pins') IS NOT NULL AS present");
  if (pins?.present === true) {
    await query("DELETE FROM orrery.namespace_pins WHERE collection_id = $1", [dropped.id]);
  }
  await query(`DROP TABLE ${quoteIdentifier(SCHEMA)}.${quoteIdentifier(String(dropped.table_name))}`);
}

function checkSame(existing: Readonly<Record<string, unknown>>, spec: CollectionSpec): void {
  const same =
    existing.dimension === spec.dimension &&
    existing.quantization === spec.quantization &&
    existing.hnsw_m === spec.hnsw.m &&
    existing.hnsw_ef_construction === spec.hnsw.efConstruction &&
    existing.shard_count === spec.shardCount;
  if (same) return;
  throw new OrreryError(
    "COLLECTION_EXISTS",
    `collection ${JSON.stringify(spec.name)} exists with other settings`,
    {
      details: { metadata: { collection: spec.name } },
    },
  );
}
