/** Creating and dropping collections on Citus: one transaction each, so all or nothing. */
import { OrreryError } from "../../errors.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import { sameChoice } from "../../topology/collection-settings.ts";
import { createIndexSqls, createTableSqls, withoutSettings } from "../collection-ddl.ts";
import type { CollectionSpec } from "../engine.ts";
import { SCHEMA } from "./schema.ts";
import {
  changeOnOneConnection,
  deleteCollection,
  distributeTable,
  dropTable,
  findCollection,
  grantTable,
  insertCollection,
  keepsSettings,
  lockCollections,
  nextCollectionId,
} from "./sql/collections.ts";
import { deletePinsOf } from "./sql/pins.ts";
import { createView, dropView } from "./views.ts";

/**
 * `table`: the name to use instead of one made from the new id. Confirmation and errors as
 * Engine.createCollection.
 */
export async function createCollection(
  query: AdminQuery,
  spec: CollectionSpec,
  {
    table: named,
    confirm,
  }: { readonly table?: string; readonly confirm?: (() => Promise<void>) | undefined } = {},
): Promise<void> {
  await lockCollections(query);
  // A caller that freezes from here on has the lock until the server ends its idle transaction.
  await confirm?.();
  const existing = await findCollection(query, spec.name);
  if (existing !== undefined) return refuseUnlessSame(existing, spec);
  const kept = (await keepsSettings(query)) ? spec : withoutSettings(spec);
  const id = await nextCollectionId(query);
  const table = named ?? `c_${id}`;
  await changeOnOneConnection(query);
  await insertCollection(query, { id, table, spec: kept });
  // Before the table is distributed: Citus changes the storage of no column afterwards.
  for (const sql of createTableSqls(SCHEMA, table, kept)) await query(sql);
  await distributeTable(query, table, spec.shardCount);
  for (const sql of createIndexSqls(SCHEMA, table, spec)) await query(sql);
  await grantTable(query, table);
  await createView(query, { name: spec.name, table });
}

/** As Engine.dropCollection. */
export async function dropCollection(query: AdminQuery, name: string, id?: number): Promise<void> {
  await lockCollections(query);
  await changeOnOneConnection(query);
  const dropped = await deleteCollection(query, name, id);
  if (dropped === undefined) return;
  await deletePinsOf(query, dropped.id);
  await dropView(query, name);
  await dropTable(query, dropped.table);
}

function refuseUnlessSame(existing: Omit<CollectionSpec, "name">, spec: CollectionSpec): void {
  const same =
    existing.dimension === spec.dimension &&
    existing.metric === spec.metric &&
    existing.quantization === spec.quantization &&
    existing.hnsw.m === spec.hnsw.m &&
    existing.hnsw.efConstruction === spec.hnsw.efConstruction &&
    existing.shardCount === spec.shardCount &&
    sameChoice(existing.settings, spec.settings);
  if (same) return;
  throw new OrreryError(
    "COLLECTION_EXISTS",
    `collection ${JSON.stringify(spec.name)} exists with other settings`,
    {
      details: { metadata: { collection: spec.name } },
    },
  );
}
