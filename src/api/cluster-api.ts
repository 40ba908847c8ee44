import type { Engine, Finding } from "../engines/engine.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { RowEstimates } from "../query/types.ts";
import type { CoordinatorInfo, MapStore } from "../topology/map-store.ts";
import type { Collection, NodeId, ShardMap } from "../topology/shard-map.ts";

/** How a node answered this coordinator last. */
export interface NodeHealth {
  /** Milliseconds since 1970; undefined when it never answered. */
  readonly answeredAtMs?: number;
  /** Why the last attempt failed; undefined when it did not. */
  readonly error?: string;
}

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
