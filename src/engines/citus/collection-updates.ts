/** Changes collections on Citus that are there: its commands reach the shards, one after the other. */
import { OrreryError } from "../../errors.ts";
import {
  type AdminOptions,
  type AdminQuery,
  withAdminSession,
  withAdminTransaction,
} from "../../shards/pg/admin-session.ts";
import { changedSettings } from "../../topology/collection-settings.ts";
import { collectionGone, refuseWithoutSettings } from "../collection-ddl.ts";
import type { CollectionUpdates, UpdatedCollection, UpdateRun } from "../collection-updates.ts";
import { dropIndexSql } from "../half-indexes.ts";
import { createTableIndexSql, indexesOf, type TableIndex, tableIndexName } from "../table-indexes.ts";
import { BUILD_LOCK, waitForLock } from "../wait-for-lock.ts";
import { qualified, SCHEMA } from "./schema.ts";
import {
  changeOnOneConnection,
  findById,
  keepsSettings,
  lockCollections,
  setSettings,
} from "./sql/collections.ts";
import { isIndexComplete } from "./sql/index-state.ts";
import { storeInline } from "./store-inline.ts";

/** A shard that moves while its index is built arrives without it; then all are built again. */
const BUILDS = 3;

export interface CitusUpdatesOptions {
  readonly admin: AdminOptions;
  /** By the name of a node. */
  readonly adminOf: (node: string) => AdminOptions;
}

export function createCitusUpdates({ admin, adminOf }: CitusUpdatesOptions): CollectionUpdates {
  const alone = <T>(
    { id, name }: UpdatedCollection,
    { signal, confirm }: UpdateRun,
    work: (query: AdminQuery, table: string) => Promise<T>,
  ) =>
    withAdminSession(admin, signal, async (query) => {
      await prepareLongWork(query);
      await waitForLock(query, BUILD_LOCK, signal);
      await confirm();
      refuseWithoutSettings(await keepsSettings(query));
      const found = await findById(query, id);
      if (found === undefined) throw collectionGone(name);
      return work(query, found.table);
    });
  return {
    buildIndexes: (collection, wanted, run) =>
      alone(collection, run, async (query, table) => {
        const indexes = indexesOf(wanted);
        for (const [at, index] of indexes.entries()) {
          run.report(at / indexes.length, `builds the ${index.title}`);
          await build(query, table, index);
        }
      }),
    dropIndexes: (collection, unwanted, run) =>
      alone(collection, run, async (query, table) => {
        for (const index of indexesOf(unwanted))
          await query(dropIndexSql(SCHEMA, tableIndexName(table, index)));
      }),
    storeInline: (collection, run) =>
      alone(collection, run, (query, table) => storeInline(query, table, { ...run, adminOf })),
    changeSettings: ({ id, name }, change, { signal, confirm }) =>
      withAdminTransaction(admin, signal, async (query) => {
        await lockCollections(query);
        await confirm();
        refuseWithoutSettings(await keepsSettings(query));
        await changeOnOneConnection(query);
        const found = await findById(query, id);
        if (found === undefined) throw collectionGone(name);
        await setSettings(query, id, changedSettings(found.settings, change));
      }),
  };
}

/**
 * One build at a time on a node: the other cores are for searches. A coordinator that freezes loses its
 * session, and with it the lock, once its statement has ended.
 */
async function prepareLongWork(query: AdminQuery): Promise<void> {
  await query("SET statement_timeout TO 0");
  await query("SET idle_session_timeout TO '15s'");
  await query("SET citus.multi_shard_modify_mode TO 'sequential'");
}

async function build(query: AdminQuery, table: string, index: TableIndex): Promise<void> {
  const name = tableIndexName(table, index);
  for (let left = BUILDS; left > 0; left -= 1) {
    if (await isIndexComplete(query, qualified(table), { schema: SCHEMA, name })) return;
    // What was cut off, or is not on every shard.
    await query(dropIndexSql(SCHEMA, name));
    await query(createTableIndexSql({ schema: SCHEMA, table }, index, { concurrently: true }));
  }
  if (await isIndexComplete(query, qualified(table), { schema: SCHEMA, name })) return;
  throw new OrreryError(
    "STATEMENT_CONFLICT",
    `the ${index.title} is not on every shard: shards move meanwhile`,
  );
}
