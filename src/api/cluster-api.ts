import type { Engine } from "../engines/engine.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { RowEstimates } from "../query/types.ts";
import type { NodeHealth } from "../shards/node-pools.ts";
import type { Finding } from "../topology/findings.ts";
import type { CoordinatorInfo, MapStore } from "../topology/map-store.ts";
import type { Collection, NodeId, ShardMap } from "../topology/shard-map.ts";

/** What ClusterService and CollectionService show of the cluster, as this coordinator sees it. */
export interface ClusterApi {
  readonly engine: Engine["kind"];
  readonly storeKind: MapStore["kind"];
  readonly rows: Pick<RowEstimates, "shardRows">;
  /** The map this coordinator serves from. Never waits. */
  currentMap(): ShardMap;
  /** From a newer map if the present one does not have it. Throws COLLECTION_NOT_FOUND. */
  findCollection(name: string, signal: Cancellation): Promise<Collection>;
  /** Calls `listener` after `currentMap()` changed; returns how to stop that. */
  onMapChange(listener: () => void): () => void;
  storeReachable(): boolean;
  isLeader(): boolean;
  nodeHealth(node: NodeId): NodeHealth;
  /** The live coordinators; the last known ones when the store does not answer. */
  coordinators(): Promise<readonly CoordinatorInfo[]>;
  findings(): readonly Finding[];
}
