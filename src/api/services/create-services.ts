import type { Config } from "../../config/schema.ts";
import type { ClusterAdminApi } from "../../operations/cluster-admin-api.ts";
import type { AdminApi, OperationApi } from "../../operations/types.ts";
import type { QueryApi } from "../../query/types.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import type { WriteApi } from "../../write/types.ts";
import type { ClusterApi } from "../cluster-api.ts";
import type { RpcObserver } from "../rpc-observer.ts";
import { changeMethods } from "./change-methods.ts";
import { clusterService } from "./cluster-service.ts";
import { collectionService } from "./collection-service.ts";
import type { Service } from "./method.ts";
import { namespaceService } from "./namespace-service.ts";
import { operationService } from "./operation-service.ts";
import { vectorService } from "./vector-service.ts";

/** What the methods call. */
export interface ServiceDeps {
  readonly query: QueryApi;
  readonly write: WriteApi;
  readonly admin: AdminApi;
  readonly operations: OperationApi;
  readonly cluster: ClusterApi;
  readonly clusterAdmin: ClusterAdminApi;
  readonly rebalance: RebalanceApi;
  readonly observer: RpcObserver;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** The five services by their full names, for any transport to serve. */
export function createServices(
  deps: ServiceDeps,
  { limits, rebalance }: Pick<Config, "limits" | "rebalance">,
): Readonly<Record<string, Service>> {
  return {
    "orrery.v1.VectorService": vectorService(deps, limits),
    "orrery.v1.CollectionService": collectionService(deps, limits),
    "orrery.v1.NamespaceService": namespaceService({ ...deps, defaults: rebalance }, limits),
    "orrery.v1.ClusterService": {
      ...clusterService(deps, deps.epochMs),
      ...changeMethods({ ...deps, limits, defaults: rebalance }),
    },
    "orrery.v1.OperationService": operationService(deps.operations),
  };
}
