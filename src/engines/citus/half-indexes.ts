/** Renews the indexes of early `half` collections on Citus, one collection after the other. */
import { pause } from "../../lib/pause.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import { createNewIndexSql } from "../collection-ddl.ts";
import {
  dropIndexSql,
  type HnswIndex,
  IS_NORMALIZED,
  indexName,
  isNormalized,
  isUnnormalized,
  LIST_HNSW_INDEXES,
  newIndexName,
  renameIndexSql,
  SPREAD_MS,
} from "../half-indexes.ts";
import { BUILD_LOCK, waitForLock } from "../wait-for-lock.ts";
import { qualified, SCHEMA } from "./schema.ts";
import { listHalfCollections, type StoredHalf, setUnnormalized } from "./sql/collections.ts";

/** A shard that moves while its index is built arrives without it; then all are built again. */
const BUILDS = 3;

/** Shards without a usable index over vectors of length 1. `$1`: the table. */
const LACKING = `SELECT count(*)::int AS lacking FROM run_command_on_shards($1,
  $$SELECT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = '%s'::regclass AND ${IS_NORMALIZED})$$)
WHERE NOT success OR result <> 't'`;

/** Has the catalogs say which `half` collections have the index of an early version only. */
export async function noteUnnormalized(query: AdminQuery): Promise<void> {
  for (const collection of await listHalfCollections(query)) {
    const indexes = await listIndexes(query, collection.table);
    const unnormalized = indexes.some(isUnnormalized) && !(await isRenewed(query, collection.table, indexes));
    if (unnormalized !== collection.unnormalized) await setUnnormalized(query, collection.id, unnormalized);
  }
}

/**
 * Builds what early versions made anew; `report` gets a sentence before each build. May take hours, and may
 * be cut off: run again, it goes on, beginning the collection that it was at anew. Returns the names of the
 * collections that were changed.
 */
export async function renewIndexes(
  query: AdminQuery,
  report: (sentence: string) => void,
  signal: AbortSignal,
): Promise<readonly string[]> {
  await query("SET statement_timeout TO 0");
  // One build at a time on a node: the other cores are for searches.
  await query("SET citus.multi_shard_modify_mode TO 'sequential'");
  await waitForLock(query, BUILD_LOCK, signal);
  const renewed: string[] = [];
  for (const collection of await listHalfCollections(query)) {
    const indexes = await listIndexes(query, collection.table);
    if (!indexes.some((index) => isUnnormalized(index) || index.name === newIndexName(collection.table))) {
      continue;
    }
    if (!(await isRenewed(query, collection.table, indexes))) {
      report(`builds the index of collection ${collection.name} over vectors of length 1`);
      await build(query, collection);
    }
    await setUnnormalized(query, collection.id, false);
    await pause(SPREAD_MS, signal);
    signal.throwIfAborted();
    await dropOld(query, collection.table);
    renewed.push(collection.name);
  }
  return renewed;
}

async function listIndexes(query: AdminQuery, table: string): Promise<readonly HnswIndex[]> {
  const rows = await query(LIST_HNSW_INDEXES, [qualified(table)]);
  return rows.map(({ name, definition, valid }) => ({
    name: String(name),
    definition: String(definition),
    isValid: valid === true,
  }));
}

/** Whether every shard has the new index. */
async function isRenewed(query: AdminQuery, table: string, indexes: readonly HnswIndex[]): Promise<boolean> {
  if (!indexes.some((index) => index.isValid && isNormalized(index))) return false;
  const [row] = await query(LACKING, [qualified(table)]);
  return row?.lacking === 0;
}

async function build(query: AdminQuery, { table, spec }: StoredHalf): Promise<void> {
  for (let left = BUILDS; ; left--) {
    // What was cut off, or is not on every shard.
    await query(dropIndexSql(SCHEMA, newIndexName(table)));
    await query(createNewIndexSql(SCHEMA, table, spec));
    if (left === 1 || (await isRenewed(query, table, await listIndexes(query, table)))) return;
  }
}

async function dropOld(query: AdminQuery, table: string): Promise<void> {
  for (const index of (await listIndexes(query, table)).filter(isUnnormalized)) {
    await query(dropIndexSql(SCHEMA, index.name));
  }
  const names = (await listIndexes(query, table)).map(({ name }) => name);
  if (names.includes(newIndexName(table)) && !names.includes(indexName(table))) {
    await query(renameIndexSql(SCHEMA, newIndexName(table), indexName(table)));
  }
}
