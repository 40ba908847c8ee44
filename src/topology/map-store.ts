/**
 * Where coordinators share the shard map, elect a leader and store operation records: etcd, or memory for a
 * single process. Except for queued operations, all of it can be rebuilt from PostgreSQL.
 */
import type { ShardMap } from "./shard-map.ts";

/**
 * A value with the store's revision of it. Revisions say "changed or not"; they may start over when the store
 * is wiped.
 */
export interface Stored<T> {
  readonly value: T;
  readonly revision: string;
}

/** How busy a coordinator was in the last minutes. */
export interface LoadReport {
  /** Queries x milliseconds per second, by shard id; nearly idle shards are left out. */
  readonly load?: { readonly [shard: string]: number };
  /** Of the searches of the last interval; undefined when there were none. */
  readonly searchP95Ms?: number;
}

/** What a live coordinator says of itself. */
export interface CoordinatorInfo extends LoadReport {
  readonly id: string;
  /** `host:port` of its gRPC listener. */
  readonly address: string;
  readonly version: string;
  /** Epoch of the map it serves from. */
  readonly epoch: number;
  /** Traits of collections that it can serve (collection-traits.ts); absent: none, an early version. */
  readonly serves?: readonly string[];
}

/** Won in an election; holds until `lost` is aborted. Every write of a leader compares it in the store. */
export interface Leadership {
  readonly lost: AbortSignal;
  /** Gives the leader term up so that another can take it without waiting for the lease to run out. */
  resign(): Promise<void>;
}

/** An operation record as the store sees it: an id and a JSON text. */
export interface OperationEntry {
  readonly id: string;
  readonly json: string;
  /**
   * Texts by name that belong to it, for what is too large for one value. The text of a name never changes:
   * another text has another name.
   */
  readonly parts?: ReadonlyMap<string, string>;
}

/** How a write changes the parts of a record. */
export interface PartsChange {
  /** Those that the record at `expected` does not have. */
  readonly added: ReadonlyMap<string, string>;
  /** Names of those that it has and the new one does not. */
  readonly removed: readonly string[];
}

/**
 * All methods throw STORE_UNAVAILABLE when the store does not answer in time, and never block longer than a
 * few seconds unless said. No method is called on the query path.
 */
export interface MapStore {
  readonly kind: "etcd" | "memory";

  /** The published map, linearizable; undefined when none is. */
  load(): Promise<Stored<ShardMap> | undefined>;

  /**
   * Publishes `map` if this leadership still holds and the stored revision is still `expected` (undefined:
   * nothing stored). Returns the new revision; NOT_LEADER or STATEMENT_CONFLICT otherwise, and nothing is
   * written.
   */
  publish(
    map: ShardMap,
    options: { readonly leadership: Leadership; readonly expected: string | undefined },
  ): Promise<string>;

  /**
   * Calls `onHint` after the map may have changed, and `onError` when hints may have been missed (then list
   * again). Hints may be late, merged or repeated. It survives outages, until closed.
   */
  watch(onHint: () => void, onError: (error: Error) => void): Promise<{ close(): Promise<void> }>;

  /**
   * Waits until this coordinator is the leader. Rejects only when `signal` aborts; outages are waited out.
   */
  campaign(id: string, signal: AbortSignal): Promise<Leadership>;

  /**
   * Announces a live coordinator under a lease, renewed across outages and wipes until closed.
   */
  announce(
    info: CoordinatorInfo,
  ): Promise<{ update(info: CoordinatorInfo): Promise<void>; close(): Promise<void> }>;
  coordinators(): Promise<readonly CoordinatorInfo[]>;

  /**
   * Writes an operation record, with what changes of its parts, if its stored revision is still `expected`
   * (undefined: no such record) and, when a leadership is given, this still holds. Returns the new revision;
   * STATEMENT_CONFLICT or NOT_LEADER otherwise, and nothing is written.
   */
  putOperation(
    entry: Pick<OperationEntry, "id" | "json"> & { readonly change?: PartsChange },
    expected: string | undefined,
    leadership?: Leadership,
  ): Promise<string>;
  /** With its parts, all as of one moment. */
  getOperation(id: string): Promise<Stored<OperationEntry> | undefined>;
  /** Without its parts. */
  getOperationHead(id: string): Promise<Stored<OperationEntry> | undefined>;
  /** Without their parts. */
  listOperations(): Promise<readonly Stored<OperationEntry>[]>;
  /** Under the same conditions; without `options` nothing is compared. */
  deleteOperation(
    id: string,
    options?: { readonly expected: string; readonly leadership?: Leadership },
  ): Promise<void>;

  close(): Promise<void>;
}
