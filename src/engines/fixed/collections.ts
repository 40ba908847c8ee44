/**
 * Creating and dropping collections on several nodes without a transaction over them: a collection is visible
 * only while the catalogs say `live`, which they do after its tables are created and before they are dropped.
 *
 *   createCollection:  (nothing) -> creating -> tables on every node -> live
 *   dropCollection:    live -> dropping -> no tables on any node -> (nothing)
 *
 * One call at a time, under the lock on the catalogs. So what is `creating` or `dropping` when a call begins
 * was left by a process that died or lost the lock, and the next call for the same name removes it.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import { sameChoice } from "../../topology/collection-settings.ts";
import type { GroupId, Shard, ShardId } from "../../topology/shard-map.ts";
import { createIndexSqls, createTableSqls, withoutSettings } from "../collection-ddl.ts";
import type { CollectionSpec } from "../engine.ts";
import type { LockToken } from "./catalog-lock.ts";
import { CATALOG_GROUP, type FixedNodes, type Query } from "./nodes.ts";
import { placeShards } from "./placement.ts";
import { deleteCollection, keepsSettings, setState } from "./sql/collection-state.ts";
import { findCollection, listLive, type StoredCollection } from "./sql/find-collection.ts";
import { deleteShards, insertShards } from "./sql/held-shards.ts";
import { insertCollection } from "./sql/insert-collection.ts";
import { listGroups } from "./sql/node-registry.ts";
import { addMissingViews, dropView, type NodeView } from "./views.ts";

/** Where the tables of shards are, on every node. */
export const SCHEMA = "orrery_data";

/** What a change of collections works with. */
export interface CollectionChange {
  readonly nodes: FixedNodes;
  /** Of the lock on the catalogs that the caller holds. */
  readonly token: LockToken;
  readonly signal: AbortSignal;
}

/** Table of one shard, without schema. */
export function shardTable(table: string, shard: ShardId): string {
  return `${table}_${shard}`;
}

/** A shard's table as statements name it: quoted, with schema. */
export function qualified(shardTableName: string): string {
  return `${quoteIdentifier(SCHEMA)}.${quoteIdentifier(shardTableName)}`;
}

/**
 * As Engine.createCollection. STATEMENT_CONFLICT when the lock was lost; CONFIG_INVALID when a node of the
 * cluster is not configured.
 */
export async function createCollection(change: CollectionChange, spec: CollectionSpec): Promise<void> {
  const before = await findCollection(onCatalog(change), spec.name);
  if (before?.state === "live") return refuseUnlessSame(before, spec);
  if (before !== undefined) await remove(change, { ...before, name: spec.name });
  const groups = await listGroups(onCatalog(change));
  // Before anything is recorded: a node that is not configured could then not be left out any more.
  await Promise.all(groups.map((group) => change.nodes.nodeOf(group, change.signal)));
  const placements = placeShards(spec.name, spec.shardCount, groups);
  const kept = (await keepsSettings(onCatalog(change))) ? spec : withoutSettings(spec);
  await insertCollection(onCatalog(change), { spec: kept, placements, token: change.token });
  const created = await findCollection(onCatalog(change), spec.name);
  if (created === undefined)
    throw new OrreryError("STATEMENT_CONFLICT", `collection ${spec.name} was dropped meanwhile`);
  await onEachGroup(created, async (group, shards) => {
    const query = onGroup(change, group);
    for (const { id } of shards) {
      for (const sql of createTableSqls(SCHEMA, shardTable(created.table, id), kept)) await query(sql);
      for (const sql of createIndexSqls(SCHEMA, shardTable(created.table, id), spec)) await query(sql);
    }
    await addMissingViews(query, [viewOnNode({ ...created, name: spec.name }, shards)]);
    if (group !== CATALOG_GROUP) await insertShards(query, created.id, shards);
  });
  await setState(onCatalog(change), { id: created.id, state: "live", token: change.token });
}

/** As Engine.dropCollection. STATEMENT_CONFLICT when the lock was lost. */
export async function dropCollection(change: CollectionChange, name: string, id?: number): Promise<void> {
  const collection = await findCollection(onCatalog(change), name);
  if (collection === undefined || collection.id !== (id ?? collection.id)) return;
  await remove(change, { ...collection, name });
}

/** Creates the views that collections lack, as those made on the schema before. */
export async function completeViews(change: CollectionChange): Promise<void> {
  for (const collection of await listLive(onCatalog(change))) await createViews(change, collection);
}

async function createViews(change: CollectionChange, collection: NamedStored): Promise<void> {
  await onEachGroup(collection, (group, shards) =>
    addMissingViews(onGroup(change, group), [viewOnNode(collection, shards)]),
  );
}

type NamedStored = StoredCollection & { readonly name: string };

function viewOnNode({ name, table }: NamedStored, shards: readonly Shard[]): NodeView {
  return { name, relations: shards.map(({ id }) => qualified(shardTable(table, id))) };
}

async function remove(change: CollectionChange, collection: NamedStored): Promise<void> {
  const dropViewOn = (group: GroupId) => dropView(onGroup(change, group), collection.name);
  try {
    // First, since whoever uses them in SQL may make it impossible; nothing else has changed then. A node
    // that does not answer is no reason to keep a collection, which may be deleted because that node is lost.
    await onEachGroup(collection, (group) =>
      dropViewOn(group).catch((error: unknown) => {
        if (!isOrreryError(error, "NODE_UNAVAILABLE")) throw error;
      }),
    );
  } catch (error) {
    if (isOrreryError(error, "COLLECTION_IN_USE") && collection.state === "live")
      await createViews(change, collection);
    throw error;
  }
  await setState(onCatalog(change), { id: collection.id, state: "dropping", token: change.token });
  await onEachGroup(collection, async (group, shards) => {
    const query = onGroup(change, group);
    // From here on the fence refuses reads, which would otherwise fail for a missing table.
    if (group !== CATALOG_GROUP) await deleteShards(query, collection.id);
    await dropViewOn(group);
    for (const { id } of shards)
      await query(`DROP TABLE IF EXISTS ${qualified(shardTable(collection.table, id))}`);
  });
  await deleteCollection(onCatalog(change), collection.id, change.token);
}

async function onEachGroup(
  { shards }: StoredCollection,
  work: (group: GroupId, shards: readonly Shard[]) => Promise<void>,
): Promise<void> {
  const groups = [...new Set(shards.map(({ group }) => group))];
  await Promise.all(
    groups.map((group) =>
      work(
        group,
        shards.filter((shard) => shard.group === group),
      ),
    ),
  );
}

function onCatalog(change: CollectionChange): Query {
  return onGroup(change, CATALOG_GROUP);
}

function onGroup({ nodes, signal }: CollectionChange, group: GroupId): Query {
  return nodes.queryOn(group, signal);
}

function refuseUnlessSame(existing: StoredCollection, spec: CollectionSpec): void {
  const same =
    existing.dimension === spec.dimension &&
    existing.metric === spec.metric &&
    existing.quantization === spec.quantization &&
    existing.m === spec.hnsw.m &&
    existing.efConstruction === spec.hnsw.efConstruction &&
    existing.shards.length === spec.shardCount &&
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
