/**
 * The messages of proto/orrery/v1 as the client gives and takes them: names in camelCase, 64-bit numbers as decimal
 * strings, enums by name. Their meaning is explained in the proto.
 */

export interface Struct {
  readonly fields: Readonly<Record<string, StructValue>>;
}

export type StructValue =
  | { readonly nullValue: "NULL_VALUE" }
  | { readonly numberValue: number }
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly structValue: Struct }
  | { readonly listValue: { readonly values: readonly StructValue[] } };

export interface Timestamp {
  readonly seconds: string;
  readonly nanos: number;
}

export interface Status {
  readonly code: number;
  readonly message: string;
  readonly details?: readonly StatusDetail[];
}

/** One of google.rpc's ErrorInfo, BadRequest, RetryInfo and RequestInfo, by `@type`. */
export interface StatusDetail {
  readonly "@type": string;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  readonly retryDelay?: { readonly seconds: string; readonly nanos: number };
  readonly requestId?: string;
}

export type Vector =
  | { readonly f32Le: Uint8Array }
  | { readonly floats: { readonly values: readonly number[] } };

export interface RecordRef {
  readonly namespace: string;
  readonly key: string;
}

export interface NewRecord extends RecordRef {
  readonly value?: string;
  readonly metadata?: Struct;
  readonly tags?: readonly string[];
  readonly vector?: Vector;
  readonly createdAt?: Timestamp;
  readonly version?: string;
}

export interface StoredRecord extends RecordRef {
  readonly value?: string;
  readonly metadata?: Struct;
  readonly tags: readonly string[];
  readonly vector: { readonly f32Le: Buffer } | null;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly version: string;
}

export interface RecordResult extends RecordRef {
  readonly version: string;
  readonly status: Status | null;
}

export interface Include {
  readonly includeValue?: boolean;
  readonly includeMetadata?: boolean;
  readonly includeVector?: boolean;
}

export interface SearchRequest extends Include {
  readonly collection?: string;
  readonly namespaces?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly vector?: Vector;
  readonly record?: RecordRef;
  readonly topK?: number;
  readonly minSimilarity?: number;
  readonly params?: {
    readonly efSearch?: number;
    readonly exact?: boolean;
    readonly oversampling?: number;
    readonly rescore?: boolean;
  };
  readonly allowPartial?: boolean;
  readonly includeProfile?: boolean;
}

export interface Hit extends RecordRef {
  readonly similarity: number;
  readonly value: string;
  readonly metadata: Struct | null;
  readonly tags: readonly string[];
  readonly vector: { readonly f32Le: Buffer } | null;
}

export interface SearchResponse {
  readonly hits: readonly Hit[];
  readonly completeness: {
    readonly targetsTotal: number;
    readonly targetsOk: number;
    readonly complete: boolean;
    readonly failures: readonly {
      readonly shardId: string;
      readonly namespaces: readonly string[];
      readonly status: Status;
    }[];
  };
  readonly epoch: string;
  readonly timings: Readonly<Record<string, number>>;
  readonly profile: { readonly targets: readonly Readonly<Record<string, unknown>>[] } | null;
}

export type WriteModeName =
  | "WRITE_MODE_UPSERT"
  | "WRITE_MODE_INSERT"
  | "WRITE_MODE_UPDATE"
  | "WRITE_MODE_IF_VERSION";

export interface Collection {
  readonly name: string;
  readonly dimension: number;
  readonly quantization: string;
  readonly hnsw: { readonly m?: number; readonly efConstruction?: number } | null;
  readonly shardCount: number;
}

export interface Namespace {
  readonly name: string;
  readonly shardId: string;
  readonly groupId: number;
  readonly estimatedRows?: string;
  readonly estimatedBytes?: string;
  readonly rows?: string;
  readonly pinnedGroupId?: number;
}

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
