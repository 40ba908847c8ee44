/** Changes collections of the fixed engines that are there, shard by shard; nodes at the same time. */

import { changedSettings } from "../../topology/collection-settings.ts";
import type { GroupId, Shard } from "../../topology/shard-map.ts";
import { collectionGone, inlineStorageSql, refuseWithoutSettings } from "../collection-ddl.ts";
import type { CollectionUpdates, UpdatedCollection, UpdateRun } from "../collection-updates.ts";
import { dropIndexSql } from "../half-indexes.ts";
import { inlineRows, rewriteRows } from "../inline-rows.ts";
import { createTableIndexSql, indexesOf, type TableIndex, tableIndexName } from "../table-indexes.ts";
import { type CollectionChange, qualified, SCHEMA, shardTable } from "./collections.ts";
import { onEachNode } from "./half-indexes.ts";
import type { LongBuilds } from "./long-builds.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { keepsSettings, setSettings } from "./sql/collection-state.ts";
import { listLive, type NamedCollection } from "./sql/find-collection.ts";

/** Its lock is exclusive, and held for a moment. */
const alterOnce = (relation: string) => `DO $do$ BEGIN
  PERFORM pg_catalog.set_config('lock_timeout', '2s', true);
  ${inlineStorageSql(relation)};
END $do$`;

const IS_VALID =
  "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2))";

export interface FixedUpdatesDeps {
  readonly nodes: FixedNodes;
  readonly builds: LongBuilds;
  /** Runs `work` under the lock on the catalogs. */
  readonly change: (signal: AbortSignal, work: (change: CollectionChange) => Promise<void>) => Promise<void>;
}

export function createFixedUpdates({ nodes, builds, change }: FixedUpdatesDeps): CollectionUpdates {
  const find = async ({ id, name }: UpdatedCollection, signal: AbortSignal): Promise<NamedCollection> => {
    const catalogs = nodes.queryOn(CATALOG_GROUP, signal);
    refuseWithoutSettings(await keepsSettings(catalogs));
    const found = (await listLive(catalogs)).find((collection) => collection.id === id);
    if (found === undefined) throw collectionGone(name);
    return found;
  };
  /** Runs `work` for each index on each shard. */
  const onAll = (
    collection: UpdatedCollection,
    indexes: readonly TableIndex[],
    { signal, confirm, report }: UpdateRun,
    work: (at: { readonly group: GroupId; readonly table: string }, index: TableIndex) => Promise<void>,
  ) =>
    builds.alone(signal, async () => {
      await confirm();
      const { table, shards } = await find(collection, signal);
      let done = 0;
      for (const index of indexes) {
        await onEachNode(shards, async (shard: Shard) => {
          report(done / (indexes.length * shards.length), `${index.title} of ${shards.length} shards`);
          await work({ group: shard.group, table: shardTable(table, shard.id) }, index);
          done += 1;
        });
      }
    });
  return {
    buildIndexes: (collection, wanted, run) =>
      onAll(collection, indexesOf(wanted), run, async ({ group, table }, index) => {
        const name = tableIndexName(table, index);
        const [state] = await nodes.queryOn(group, run.signal)(IS_VALID, [SCHEMA, name]);
        if (state?.[0] === true) return;
        // What was cut off.
        if (state !== undefined) await builds.run(group, dropIndexSql(SCHEMA, name), run.signal);
        const sql = createTableIndexSql({ schema: SCHEMA, table }, index, { concurrently: true });
        await builds.run(group, sql, run.signal);
      }),
    dropIndexes: (collection, unwanted, run) =>
      onAll(collection, indexesOf(unwanted), run, ({ group, table }, index) =>
        builds.run(group, dropIndexSql(SCHEMA, tableIndexName(table, index)), run.signal),
      ),
    storeInline: (collection, { signal, confirm, report }) =>
      builds.alone(signal, async () => {
        await confirm();
        const { table, shards, dimension } = await find(collection, signal);
        let done = 0;
        await onEachNode(shards, async ({ group, id }: Shard) => {
          const relation = qualified(shardTable(table, id));
          await builds.run(group, alterOnce(relation), signal);
          const statements = inlineRows({ read: relation, write: relation }, dimension);
          const query = nodes.queryOn(group, signal);
          await rewriteRows(
            {
              next: async (shardKey, key) =>
                (await query(statements.next, [shardKey, key])).map(
                  ([first, second]) => [String(first), String(second)] as const,
                ),
              rewrite: async (shardKeys, keys) => {
                await query(statements.rewrite, [shardKeys, keys]);
              },
              rewritten: (rows) =>
                report(
                  done / shards.length,
                  `${done} of ${shards.length} shards done, ${rows} rows of the next`,
                ),
            },
            signal,
          );
          done += 1;
        });
      }),
    changeSettings: (collection, wanted, { signal, confirm }) =>
      change(signal, async ({ token }) => {
        await confirm();
        const { id, settings } = await find(collection, signal);
        const catalogs = nodes.queryOn(CATALOG_GROUP, signal);
        await setSettings(catalogs, { id, settings: changedSettings(settings, wanted), token });
      }),
  };
}
