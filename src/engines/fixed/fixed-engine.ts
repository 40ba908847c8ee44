/**
 * The engine of plain PostgreSQL nodes and of PGlite: shards are placed once, when their collection is
 * created, and never move. Adding nodes or naming them in another order changes nothing for the collections
 * that are there.
 */

import { OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { validateCollectionSpec } from "../collection-ddl.ts";
import type { CollectionSpec, Engine } from "../engine.ts";
import { compareWithCatalogs } from "./check.ts";
import {
  type CollectionChange,
  createCollection,
  dropCollection,
  qualified,
  shardTable,
} from "./collections.ts";
import { createFinishedOperations } from "./finished-operations.ts";
import { createIndexBaselines } from "./index-baselines.ts";
import { migrateNodes } from "./migrate.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { lacksFirstCollection } from "./sql/collection-state.ts";
import { raiseTerm } from "./sql/leadership.ts";

export interface FixedEngineOptions {
  readonly kind: "postgres" | "embedded";
  readonly nodes: FixedNodes;
  /** Made by the first migration. */
  readonly defaultCollection: CollectionSpec;
}

export function createFixedEngine({ kind, nodes, defaultCollection }: FixedEngineOptions): Engine {
  let term: number | undefined;
  const change = (signal: AbortSignal): CollectionChange => ({ nodes, term, signal });
  const catalogs = (signal: Cancellation) => nodes.queryOn(CATALOG_GROUP, signal);

  return {
    kind,
    indexBaselines: createIndexBaselines(nodes),
    finished: createFinishedOperations(nodes),

    async readMap({ signal }) {
      try {
        return decodeCatalog(await catalogs(signal)(READ_CATALOG.text));
      } catch (cause) {
        signal.throwIfAborted();
        throw new OrreryError("MAP_UNAVAILABLE", `the catalogs cannot be read: ${(cause as Error).message}`, {
          cause,
        });
      }
    },

    readRelation: ({ table }, shard) => qualified(shardTable(table, shard)),
    writeRelation: ({ table }, shard) => qualified(shardTable(table, shard)),

    async createCollection(spec, signal, confirm) {
      validateCollectionSpec(spec);
      await confirm?.();
      await createCollection(change(signal), spec);
    },

    dropCollection: (name, signal, id) => dropCollection(change(signal), name, id),

    async raiseTerm(holder, signal) {
      term = await raiseTerm(catalogs(signal), holder);
      return term;
    },

    check: (signal) => compareWithCatalogs(nodes, signal),

    async migrate(signal) {
      const applied = await migrateNodes(nodes.all, signal);
      if (await lacksFirstCollection(catalogs(signal), defaultCollection.name)) {
        await createCollection(change(signal), defaultCollection);
      }
      return applied;
    },
  };
}
