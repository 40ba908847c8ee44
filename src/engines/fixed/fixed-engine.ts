/**
 * The engine of plain PostgreSQL nodes and of PGlite: shards are placed once, when their collection is
 * created, and never move. Adding nodes or naming them in another order changes nothing for the collections
 * that are there.
 */

import { OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import type { Finding } from "../../topology/findings.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { validateCollectionSpec } from "../collection-ddl.ts";
import type { CollectionSpec, Engine } from "../engine.ts";
import { keptNames } from "../shard-names.ts";
import { createCalibrations } from "./calibrations.ts";
import { type CatalogLock, createProcessLock } from "./catalog-lock.ts";
import { compareWithCatalogs } from "./check.ts";
import { createFixedUpdates } from "./collection-updates.ts";
import {
  type CollectionChange,
  completeViews,
  createCollection,
  dropCollection,
  qualified,
  shardTable,
} from "./collections.ts";
import { createFinishedOperations } from "./finished-operations.ts";
import { noteUnnormalized, renewIndexes } from "./half-indexes.ts";
import { createIndexBaselines } from "./index-baselines.ts";
import { createIndexChanges } from "./index-changes.ts";
import { createOwnBuilds, type LongBuilds } from "./long-builds.ts";
import { migrateNodes } from "./migrate.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { lacksFirstCollection } from "./sql/collection-state.ts";
import { raiseTerm } from "./sql/leadership.ts";
import { forgetNodes } from "./sql/node-registry.ts";
import { describeTwin, readTwins, refuseTwins } from "./twins.ts";

export interface FixedEngineOptions {
  readonly kind: "postgres" | "embedded";
  readonly nodes: FixedNodes;
  /** Made by the first migration. */
  readonly defaultCollection: CollectionSpec;
  /** Default: among the callers of this engine, for nodes that no other process has. */
  readonly lock?: CatalogLock | undefined;
  /** Default: for nodes that no other process has, and that serve nothing yet. */
  readonly builds?: LongBuilds | undefined;
}

export function createFixedEngine({
  kind,
  nodes,
  defaultCollection,
  lock = createProcessLock(),
  builds = createOwnBuilds(nodes),
}: FixedEngineOptions): Engine {
  /** Runs `work` under the lock. Any coordinator may: this is no act of the leader, and carries no term. */
  const change = (signal: AbortSignal, work: (change: CollectionChange) => Promise<void>) =>
    lock(signal, (token) => work({ nodes, token, signal }));
  const catalogs = (signal: Cancellation) => nodes.queryOn(CATALOG_GROUP, signal);

  /** One that did not answer when this process started may since have turned out to be another's. */
  const findTwins = async (signal: Cancellation): Promise<readonly Finding[]> =>
    kind === "embedded"
      ? []
      : (await readTwins(nodes.all, signal)).map((twin) => ({
          node: twin.node.node.name,
          problem: describeTwin(twin),
        }));

  return {
    kind,
    updates: createFixedUpdates({ nodes, builds, change }),
    indexes: createIndexChanges({ nodes, builds, change }),
    indexBaselines: createIndexBaselines(nodes),
    calibrations: createCalibrations(nodes),
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

    readRelation: keptNames(({ table }, shard) => qualified(shardTable(table, shard))),
    writeRelation: ({ table }, shard) => qualified(shardTable(table, shard)),

    async createCollection(spec, signal, confirm) {
      validateCollectionSpec(spec);
      await change(signal, async (held) => {
        await confirm?.();
        await createCollection(held, spec);
      });
    },

    dropCollection: (name, signal, id) => change(signal, (held) => dropCollection(held, name, id)),

    raiseTerm: (holder, signal) => raiseTerm(catalogs(signal), holder),

    check: async (signal) => [...(await findTwins(signal)), ...(await compareWithCatalogs(nodes, signal))],

    async migrate(signal) {
      if (kind === "postgres") await refuseTwins(nodes.all, signal);
      const { applied, ids } = await migrateNodes(nodes.all, signal);
      await change(signal, async (held) => {
        await forgetNodes(catalogs(signal), ids, held.token);
        if (await lacksFirstCollection(catalogs(signal), defaultCollection.name)) {
          await createCollection(held, defaultCollection);
        }
        await completeViews(held);
        await noteUnnormalized(nodes, signal);
      });
      return applied;
    },

    renewIndexes: (report, signal) =>
      builds.alone(signal, () => renewIndexes(nodes, builds, { report, signal })),
  };
}
