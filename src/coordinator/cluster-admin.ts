/**
 * Changes of the cluster, wired: what runs them on the leader and what checks them. Part of the composition
 * root.
 */
import { randomUUID } from "node:crypto";
import type { Config } from "../config/load.ts";
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { PlacementDeps } from "../operations/changes/change-deps.ts";
import { createChangeJobs, createIndexJobs } from "../operations/changes/definitions.ts";
import type { ReindexDeps } from "../operations/changes/reindex-shard.ts";
import type { ClusterAdminApi } from "../operations/cluster-admin-api.ts";
import { createClusterAdmin } from "../operations/create-cluster-admin.ts";
import { createFixedClusterAdmin } from "../operations/fixed-cluster-admin.ts";
import { createMoveLimits } from "../operations/move-limits.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import type { Operations, OperationsOptions } from "../operations/operations.ts";
import type { QueryApi } from "../query/types.ts";
import type { RebalanceApi } from "../rebalance/api.ts";
import type { MapStore } from "../topology/map-store.ts";
import type { MapWatcher } from "../topology/watcher.ts";
import type { SharedPlacement } from "./rebalancing.ts";
import type { Storage } from "./storage.ts";

export interface ClusterParts {
  readonly config: Config;
  readonly storage: Storage;
  readonly placement: SharedPlacement | undefined;
  readonly store: MapStore;
  readonly map: MapWatcher;
  readonly publishNow: () => Promise<void>;
  readonly observer: OperationsObserver;
  readonly logger: Logger;
}

/** The part of the operations that changes the cluster. */
export function createClusterOperations(parts: ClusterParts): OperationsOptions["cluster"] {
  const { storage, placement, store, map, publishNow, observer, logger, config } = parts;
  if (placement === undefined) return { jobs: createIndexJobs(indexDepsOf(parts)) };
  const { changes } = placement;
  const jobs = createChangeJobs({
    ...depsOf(placement, config),
    relations: storage.engine,
    maxStallMs: config.rebalance.maxStallMs,
    limits: createMoveLimits({
      changes,
      coordinators: () => store.coordinators(),
      settings: {
        maxLagBytes: config.rebalance.maxLagBytes,
        maxSearchP95Ms: config.rebalance.maxSearchP95Ms,
      },
    }),
    store,
    map,
    publishNow,
    observer,
    epochMs: Date.now,
    logger,
  });
  return { jobs };
}

function indexDepsOf({ storage: { engine }, publishNow, config, observer }: ClusterParts): ReindexDeps {
  const { maxStallMs } = config.rebalance;
  return {
    changes: engine.indexes,
    relations: engine,
    publishNow,
    maxStallMs,
    observer,
    epochMs: Date.now,
  };
}

/**
 * What the rpc layer and the schedule call; where the placement is fixed it refuses by name what changes it.
 */
export function clusterAdminOf(
  parts: ClusterParts,
  {
    operations,
    query,
    rebalance,
  }: { readonly operations: Operations; readonly query: QueryApi; readonly rebalance: RebalanceApi },
): ClusterAdminApi {
  const { config, placement, storage } = parts;
  if (placement === undefined)
    return createFixedClusterAdmin({
      engine: storage.engine.kind,
      changes: storage.engine.indexes,
      operations,
      epochMs: Date.now,
    });
  return createClusterAdmin({
    ...depsOf(placement, config),
    operations,
    planToStart: rebalance.planToStart,
    namespaceExists: async (collection, namespace, signal) => {
      try {
        await query.getNamespace({ collection, namespace }, { signal, requestId: randomUUID() });
        return true;
      } catch (error) {
        if (isOrreryError(error, "NAMESPACE_NOT_FOUND")) return false;
        throw error;
      }
    },
    epochMs: Date.now,
  });
}

function depsOf({ changes, facts, inventory }: SharedPlacement, config: Config): PlacementDeps {
  return {
    changes,
    facts,
    inventory: (signal) => inventory(signal, { fresh: true }),
    strategy: config.rebalance.strategy,
  };
}
