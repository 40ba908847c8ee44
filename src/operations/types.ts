/** Operations: jobs that may outlast the call that started them. */

import type { TransferPhase } from "../engines/placement-changes.ts";
import type { JsonObject } from "../lib/json.ts";
import type { CollectionSettings, FilterIndex } from "../topology/collection-settings.ts";
import type { Metric, Quantization } from "../topology/shard-map.ts";

/** Changes of collections and namespaces, on every engine. */
export type DataOperationKind =
  | "create_collection"
  | "update_collection"
  | "delete_collection"
  | "delete_namespace";
/** Changes of the cluster, on engines that place shards at runtime. */
export type ClusterOperationKind =
  | "update_namespace"
  | "isolate_namespace"
  | "move_shard"
  | "split_shard"
  | "reindex_shard"
  | "rebalance"
  | "add_node"
  | "drain_node"
  | "restore_node"
  | "remove_node";
export type OperationKind = DataOperationKind | ClusterOperationKind;
export type OperationState = "pending" | "running" | "cancelling" | "done" | "failed" | "cancelled";

/**
 * - `throttled`: waits until lag or latency is below its limit again.
 * - `cancelled`: never begun, or undone; the shard group is whole on its source.
 */
export type MoveState = "pending" | "throttled" | "running" | "done" | "failed" | "cancelled";
/** Of the transfer, then of the statistics after it; empty before it begins. */
export type MovePhase = "" | TransferPhase | "analyse";

/** How far the move of one shard group is. Nodes by name. */
export interface MoveProgress {
  readonly shard: number;
  readonly collection: string;
  readonly source: string;
  readonly target: string;
  readonly state: MoveState;
  /** While it runs. */
  readonly phase: MovePhase;
  /** 0 to 1, by bytes and phase. */
  readonly fraction: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs?: number;
  readonly finishedAtMs?: number;
}

export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  /** What it does now, in a word or two: `create table`, `wait until served`. */
  readonly stage: string;
  /** All stages in order; absent where there is nothing to choose from. */
  readonly stages?: readonly string[];
  /** 0 to 1. */
  readonly fraction: number;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs?: number;
  /** When it is likely to end. */
  readonly estimatedEndMs?: number;
  /** Id of the coordinator that runs it. */
  readonly coordinator: string;
  /** As the caller gave it. */
  readonly requestId?: string;
  /** Who asked, for people to read. */
  readonly requestedBy?: string;
  /** What it was asked to do: `{ "collection": ..., "namespace": ... }`. */
  readonly arguments: JsonObject;
  /**
   * The names of those arguments that the request gave; the others were found out. Absent without a request
   * id.
   */
  readonly asked?: readonly string[];
  /** The shard groups it moves, in order. */
  readonly moves?: readonly MoveProgress[];
  /** In place of `moves`: the names of the parts of the record that hold them, where it was read alone. */
  readonly movesIn?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
  /** What came out: `{ "deleted": 12 }`. */
  readonly result?: JsonObject;
}

/** A record that cannot be read. */
export interface UnreadableRecord {
  readonly id: string;
  /** Why, for people. */
  readonly problem: string;
}

export interface OperationList {
  /** Newest first. */
  readonly operations: readonly Operation[];
  /** They are never run. */
  readonly unreadable: readonly UnreadableRecord[];
}

export interface OperationApi {
  /** OPERATION_NOT_FOUND, OPERATION_UNREADABLE. */
  get(id: string): Promise<Operation>;
  /** `unfinished`: only those, without reading the thousands that have finished. */
  list(options?: { readonly unfinished?: boolean }): Promise<OperationList>;
  /**
   * Asks a running operation to stop; a finished one is returned as it is. OPERATION_NOT_FOUND,
   * OPERATION_UNREADABLE.
   */
  cancel(id: string): Promise<Operation>;
  /** The present state, then every change, until it is finished or `signal` aborts. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Operation>;
}

export interface UpdateRequest {
  readonly name: string;
  readonly addFilterIndexes: readonly FilterIndex[];
  /** By name. */
  readonly dropFilterIndexes: readonly string[];
  readonly recallTarget?: number | undefined;
  /** Whether it gets what new collections have and it lacks. */
  readonly complete: boolean;
}

/**
 * The admin side of collections and namespaces, as the rpc layer calls it. Each waits up to a second for the
 * end. `requestedBy`: who asked, for people.
 */
export interface AdminApi {
  createCollection(
    spec: {
      readonly name: string;
      readonly dimension: number;
      readonly metric: Metric;
      readonly quantization: Quantization;
      readonly hnsw: { readonly m: number; readonly efConstruction: number };
      /** undefined: the engine's default. */
      readonly shardCount?: number;
      /** What is chosen; the rest is that of every new collection. */
      readonly settings?: CollectionSettings;
    },
    requestedBy?: string,
  ): Promise<Operation>;
  /** INVALID_REQUEST naming the field of UpdateCollectionRequest. */
  updateCollection(request: UpdateRequest, requestedBy?: string): Promise<Operation>;
  deleteCollection(name: string, requestedBy?: string): Promise<Operation>;
  deleteNamespace(collection: string, namespace: string, requestedBy?: string): Promise<Operation>;
}
