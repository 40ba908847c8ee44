/** The values of the write path. */
import type { OrreryError } from "../errors.ts";
import type { RecordRef, RequestContext } from "../query/types.ts";
import type { Collection, GroupId, ShardId } from "../topology/shard-map.ts";

/**
 * - `upsert`: replaces the record or creates it.
 * - `insert`: refuses a record that exists (RECORD_EXISTS).
 * - `update`: refuses one that does not exist (RECORD_NOT_FOUND); absent fields stay as they are.
 * - `if_version`: replaces only the version given (VERSION_MISMATCH, RECORD_NOT_FOUND); version 0 means "must
 *   not exist".
 */
export type WriteMode = "upsert" | "insert" | "update" | "if_version";

/** A record to write. Undefined fields are absent: stored as such, or left as they are by `update`. */
export interface NewRecord {
  readonly namespace: string;
  readonly key: string;
  readonly value?: string;
  /** JSON text of an object. */
  readonly metadata?: string;
  readonly tags?: readonly string[];
  /** Needed in every mode but `update`. */
  readonly vector?: Float32Array;
  /** Microseconds since 1970; kept from the first insert on. */
  readonly createdAtUs?: bigint;
  /** The expected version, for `if_version`. */
  readonly version?: bigint;
}

export interface UpsertRequest {
  readonly collection: string;
  readonly records: readonly NewRecord[];
  readonly mode: WriteMode;
}

export interface DeleteRequest {
  readonly collection: string;
  readonly records: readonly RecordRef[];
}

/** The result of one record, in the order of the request. */
export interface RecordResult {
  readonly namespace: string;
  readonly key: string;
  /** The version now stored (of a delete: the one removed); undefined when nothing was applied. */
  readonly version?: bigint;
  /** Why the record was not applied, or WRITE_OUTCOME_UNKNOWN. */
  readonly error?: OrreryError;
}

/**
 * The write side, as the API calls it. Throws when no group of the request was applied.
 */
export interface WriteApi {
  upsert(request: UpsertRequest, context: RequestContext): Promise<readonly RecordResult[]>;
  delete(request: DeleteRequest, context: RequestContext): Promise<readonly RecordResult[]>;
  /**
   * Deletes every record of a namespace in batches; returns how many. `onProgress` gets the running count.
   * `confirm` is called between reading a batch and deleting it, and throws when it must not be deleted. Only
   * the versions that were read are deleted, so a record that is written later stays.
   */
  deleteNamespace(
    request: {
      readonly collection: string;
      readonly namespace: string;
      readonly confirm: () => Promise<void>;
      readonly onProgress?: (deleted: number) => void;
    },
    context: RequestContext,
  ): Promise<number>;
}

/** Names the relation that a write to a shard uses. */
export interface WriteRelations {
  writeRelation(collection: Collection, shard: ShardId): string;
}

export interface WriteObserver {
  written(info: {
    readonly group: GroupId;
    readonly records: number;
    readonly elapsedMs: number;
    /** Of that, waiting for a connection. */
    readonly waitedMs: number;
    readonly error: OrreryError | undefined;
  }): void;
}
