/**
 * The messages of proto/orrery/v1 about the cluster and its operations, as messages.ts has those about
 * records.
 */
import type { Status, Struct, Timestamp } from "./messages.ts";

export interface Node {
  readonly id: number;
  readonly groupId: number;
  readonly name: string;
  readonly role: string;
  readonly shardCount: number;
  readonly secondsSinceAnswer?: number;
  readonly lastError: string;
  readonly state: string;
  readonly diskFreeBytes?: string;
  readonly diskTotalBytes?: string;
  readonly bytes?: string;
  readonly estimatedRows?: string;
  readonly load?: number;
}

export interface Shard {
  readonly id: string;
  readonly collection: string;
  readonly hashMin: number;
  readonly hashMax: number;
  readonly groupId: number;
  readonly estimatedRows?: string;
  readonly bytes?: string;
  readonly load?: number;
}

export interface ShardMap {
  readonly epoch: string;
  readonly clusterId: string;
  readonly nodes: readonly Node[];
  readonly shards: readonly Shard[];
}

export interface ClusterStatus {
  readonly engine: string;
  readonly clusterId: string;
  readonly epoch: string;
  readonly mapStore: string;
  readonly mapStoreReachable: boolean;
  readonly leader: boolean;
  readonly coordinators: readonly {
    readonly id: string;
    readonly address: string;
    readonly version: string;
    readonly epoch: string;
  }[];
  readonly nodes: readonly Node[];
  readonly findings: readonly string[];
}

export interface Operation {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly stage: string;
  readonly fraction: number;
  readonly message: string;
  readonly createTime: Timestamp;
  readonly updateTime: Timestamp;
  readonly endTime: Timestamp | null;
  readonly error: Status | null;
  readonly result: Struct | null;
  readonly arguments: Struct | null;
  readonly stages: readonly string[];
  readonly moves: readonly MoveProgress[];
  readonly estimatedEndTime: Timestamp | null;
  readonly requestedBy: string;
  readonly requestId: string;
}

export interface MoveProgress {
  readonly shardId: string;
  readonly collection: string;
  readonly sourceNode: string;
  readonly targetNode: string;
  readonly state: string;
  readonly phase: string;
  readonly fraction: number;
  readonly bytesDone: string;
  readonly bytesTotal: string;
  readonly startTime: Timestamp | null;
  readonly endTime: Timestamp | null;
}

/** What every change of the cluster takes. */
export interface Change {
  readonly requestId?: string;
  readonly validateOnly?: boolean;
}

/** A change that moves shard groups. */
export interface Moving extends Change {
  readonly options?: {
    readonly transferMode?: "TRANSFER_MODE_LOGICAL" | "TRANSFER_MODE_BLOCK_WRITES";
    readonly movesPerNode?: number;
    readonly abortOnSlo?: boolean;
  };
}

export interface PlanRequest {
  readonly strategy?: string;
  readonly threshold?: number;
  readonly nodes?: readonly string[];
  readonly excludedNodes?: readonly string[];
  readonly drainedNodes?: readonly string[];
  readonly maxMoves?: number;
}

export interface RebalancePlan {
  readonly id: string;
  readonly createTime: Timestamp;
  readonly epoch: string;
  readonly strategy: string;
  readonly threshold: number;
  readonly imbalanceBefore: number;
  readonly imbalanceAfter: number;
  readonly moves: readonly PlannedMove[];
  readonly nodes: readonly NodeBalance[];
  readonly warnings: readonly PlanWarning[];
  readonly estimatedSeconds: number;
  readonly measured: boolean;
  readonly isolations: readonly IsolationAdvice[];
  readonly shardCounts: readonly ShardCountAdvice[];
}

export interface PlannedMove {
  readonly shardId: string;
  readonly collection: string;
  readonly sourceNode: string;
  readonly targetNode: string;
  readonly reason: string;
  readonly bytes: string;
  readonly copyBytes: string;
  readonly estimatedRows: string;
  readonly copySeconds: number;
  readonly indexSeconds: number;
  readonly walKeptBytes: string;
  readonly targetFreeBytesBefore?: string;
  readonly targetFreeBytesAfter?: string;
  readonly imbalanceAfter: number;
}

export interface NodeBalance {
  readonly node: string;
  readonly costBefore: number;
  readonly costAfter: number;
  readonly shardGroupsBefore: number;
  readonly shardGroupsAfter: number;
}

export interface PlanWarning {
  readonly severity: string;
  readonly code: string;
  readonly node: string;
  readonly message: string;
}

export interface IsolationAdvice {
  readonly collection: string;
  readonly namespace: string;
  readonly shardId: string;
  readonly estimatedRows: string;
  readonly share: number;
  readonly reason: string;
}

export interface ShardCountAdvice {
  readonly collection: string;
  readonly shardCount: number;
  readonly advised: number;
  readonly estimatedRows: string;
  readonly reason: string;
}
