/** Operations: jobs that may outlast the call that started them. */

export type OperationKind = "create_collection" | "delete_collection" | "delete_namespace";
export type OperationState = "pending" | "running" | "cancelling" | "done" | "failed" | "cancelled";

export interface Operation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  /** What it is doing, in a word or two: `create table`, `wait until served`. */
  readonly stage: string;
  /** 0 to 1. */
  readonly fraction: number;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly finishedAtMs?: number;
  /** Id of the coordinator that runs it. */
  readonly coordinator: string;
  /** What it was asked to do: `{ "collection": ..., "namespace": ... }`. */
  readonly arguments: Readonly<Record<string, string | number>>;
  readonly error?: { readonly code: string; readonly message: string };
  /** What came out: `{ "deleted": 12 }`. */
  readonly result?: Readonly<Record<string, string | number>>;
}

export interface OperationApi {
  /** OPERATION_NOT_FOUND. */
  get(id: string): Promise<Operation>;
  /** Newest first. */
  list(): Promise<readonly Operation[]>;
  /** Asks a running operation to stop; a finished one is returned as it is. OPERATION_NOT_FOUND. */
  cancel(id: string): Promise<Operation>;
  /** The present state, then every change, until it is finished or `signal` aborts. */
  watch(id: string, signal: AbortSignal): AsyncIterable<Operation>;
}

/** The admin side of collections and namespaces, as the rpc layer calls it. Each waits up to a second for the end. */
export interface AdminApi {
  createCollection(spec: {
    readonly name: string;
    readonly dimension: number;
    readonly quantization: "none" | "half" | "binary";
    readonly hnsw: { readonly m: number; readonly efConstruction: number };
    /** undefined: the engine's default. */
    readonly shardCount?: number;
  }): Promise<Operation>;
  deleteCollection(name: string): Promise<Operation>;
  deleteNamespace(collection: string, namespace: string): Promise<Operation>;
}
