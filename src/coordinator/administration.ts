/** Operations, rebalance plans and the schedule of rebalances. Part of the composition root. */
import { randomUUID } from "node:crypto";
import { validateCollectionSpec } from "../engines/collection-ddl.ts";
import type { CollectionSpec } from "../engines/engine.ts";
import type { ClusterAdminApi } from "../operations/cluster-admin-api.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import { createOperations, type Operations } from "../operations/operations.ts";
import type { AdminApi } from "../operations/types.ts";
import type { RebalanceApi } from "../rebalance/api.ts";
import { settingsOfNew } from "../topology/collection-settings.ts";
import { clusterAdminOf, createClusterOperations } from "./cluster-admin.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";
import { createRebalance, sharePlacement, startScheduledRebalances } from "./rebalancing.ts";
import type { RequestPipelines } from "./request-pipelines.ts";
import type { Leading } from "./start-leading.ts";
import type { Storage } from "./storage.ts";

export interface Administration {
  readonly operations: Operations;
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
}

export interface AdministrationParts extends MapAndNodes {
  readonly leading: Leading;
  readonly requests: Pick<RequestPipelines, "query" | "write">;
  readonly observer: OperationsObserver;
}

export function startAdministration(
  { config, id, logger, defer }: CoordinatorContext,
  { store, storage, map, leading, requests: { query, write }, observer }: AdministrationParts,
): Administration {
  const { publishNow, isLeader } = leading;
  const placement = sharePlacement(config, storage.engine, { store, map });
  const clusterParts = { config, storage, placement, store, map, publishNow, observer, logger };
  const cluster = createClusterOperations(clusterParts);
  const operations = createOperations({
    ...(cluster && { cluster }),
    finished: storage.engine.finished,
    store,
    engine: storage.engine,
    map,
    publishNow,
    deleteNamespace: write.deleteNamespace,
    resolveSpec: (request) => resolveSpec(request, storage),
    id,
    newId: randomUUID,
    epochMs: Date.now,
    logger,
  });
  defer("operations", () => operations.close());
  leading.addTask(operations.lead);

  const rebalance = createRebalance(config, placement);
  const clusterAdmin = clusterAdminOf(clusterParts, { operations, query, rebalance });
  startScheduledRebalances(config.rebalance, {
    rebalance,
    admin: clusterAdmin,
    isLeader,
    logger,
    observer,
    defer,
  });
  return { operations, clusterAdmin, rebalance };
}

function resolveSpec(request: Parameters<AdminApi["createCollection"]>[0], storage: Storage): CollectionSpec {
  const { dimension, settings, shardCount = storage.defaultShardCount } = request;
  const spec = { ...request, shardCount, settings: settingsOfNew(dimension, settings) };
  validateCollectionSpec(spec);
  return spec;
}
