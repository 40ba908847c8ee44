/** Renews the indexes of early `half` collections, shard by shard; what is done already is left alone. */
import { pause } from "../../lib/pause.ts";
import type { GroupId, Shard } from "../../topology/shard-map.ts";
import { createNewIndexSql } from "../collection-ddl.ts";
import {
  dropIndexSql,
  type HnswIndex,
  indexName,
  isNormalized,
  isUnnormalized,
  LIST_HNSW_INDEXES,
  newIndexName,
  renameIndexSql,
} from "../half-indexes.ts";
import { qualified, SCHEMA, shardTable } from "./collections.ts";
import type { LongBuilds } from "./long-builds.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { listLive, type NamedCollection, setUnnormalized } from "./sql/find-collection.ts";

/** Has the catalogs say which `half` collections have the index of an early version on some shard. */
export async function noteUnnormalized(nodes: FixedNodes, signal: AbortSignal): Promise<void> {
  const catalogs = nodes.queryOn(CATALOG_GROUP, signal);
  for (const collection of await listHalf(nodes, signal)) {
    const all = await Promise.all(
      collection.shards.map((shard) => indexesOf(nodes, collection, shard, signal)),
    );
    const unnormalized = all.some((indexes) => indexes.some(isUnnormalized) && !hasNew(indexes));
    if (unnormalized !== collection.unnormalized)
      await setUnnormalized(catalogs, collection.id, unnormalized);
  }
}

/** As Engine.renewIndexes. */
export async function renewIndexes(
  nodes: FixedNodes,
  builds: LongBuilds,
  { report, signal }: { readonly report: (sentence: string) => void; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const renewed: string[] = [];
  for (const collection of await listHalf(nodes, signal)) {
    const outdated = async (shard: Shard) =>
      (await indexesOf(nodes, collection, shard, signal)).some(
        (index) =>
          isUnnormalized(index) || index.name === newIndexName(shardTable(collection.table, shard.id)),
      );
    const found = await Promise.all(
      collection.shards.map(async (shard) => ((await outdated(shard)) ? [shard] : [])),
    );
    const shards = found.flat();
    if (shards.length === 0) continue;
    report(`builds ${shards.length} indexes of collection ${collection.name} over vectors of length 1`);
    // One build at a time on a node: the other cores are for searches.
    await onEachNode(shards, (shard) => build({ nodes, builds, signal }, collection, shard));
    await setUnnormalized(nodes.queryOn(CATALOG_GROUP, signal), collection.id, false);
    await pause(builds.spreadMs, signal);
    signal.throwIfAborted();
    await onEachNode(shards, (shard) => dropOld({ nodes, builds, signal }, collection, shard));
    renewed.push(collection.name);
  }
  return renewed;
}

interface Work {
  readonly nodes: FixedNodes;
  readonly builds: LongBuilds;
  readonly signal: AbortSignal;
}

async function build(
  { nodes, builds, signal }: Work,
  collection: NamedCollection,
  shard: Shard,
): Promise<void> {
  const indexes = await indexesOf(nodes, collection, shard, signal);
  if (hasNew(indexes)) return;
  const table = shardTable(collection.table, shard.id);
  const { dimension, metric, m, efConstruction } = collection;
  const spec = { dimension, metric, quantization: "half", hnsw: { m, efConstruction } } as const;
  // What was cut off.
  await builds.run(shard.group, dropIndexSql(SCHEMA, newIndexName(table)), signal);
  await builds.run(shard.group, createNewIndexSql(SCHEMA, table, spec), signal);
}

async function dropOld(
  { nodes, builds, signal }: Work,
  collection: NamedCollection,
  shard: Shard,
): Promise<void> {
  const table = shardTable(collection.table, shard.id);
  for (const { name } of (await indexesOf(nodes, collection, shard, signal)).filter(isUnnormalized)) {
    await builds.run(shard.group, dropIndexSql(SCHEMA, name), signal);
  }
  const names = (await indexesOf(nodes, collection, shard, signal)).map(({ name }) => name);
  if (names.includes(newIndexName(table)) && !names.includes(indexName(table))) {
    await builds.run(shard.group, renameIndexSql(SCHEMA, newIndexName(table), indexName(table)), signal);
  }
}

async function listHalf(nodes: FixedNodes, signal: AbortSignal): Promise<readonly NamedCollection[]> {
  const live = await listLive(nodes.queryOn(CATALOG_GROUP, signal));
  return live.filter(({ quantization }) => quantization === "half");
}

function hasNew(indexes: readonly HnswIndex[]): boolean {
  return indexes.some((index) => index.isValid && isNormalized(index));
}

async function indexesOf(
  nodes: FixedNodes,
  { table }: NamedCollection,
  { id, group }: Shard,
  signal: AbortSignal,
): Promise<readonly HnswIndex[]> {
  const rows = await nodes.queryOn(group, signal)(LIST_HNSW_INDEXES, [qualified(shardTable(table, id))]);
  return rows.map(([name, definition, isValid]) => ({
    name: String(name),
    definition: String(definition),
    isValid: isValid === true,
  }));
}

/** Nodes at the same time, the shards of each one after the other. */
export async function onEachNode(
  shards: readonly Shard[],
  work: (shard: Shard) => Promise<void>,
): Promise<void> {
  const groups = new Set<GroupId>(shards.map(({ group }) => group));
  await Promise.all(
    [...groups].map(async (group) => {
      for (const shard of shards) if (shard.group === group) await work(shard);
    }),
  );
}
