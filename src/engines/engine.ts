/**
 * What differs between Citus, plain PostgreSQL and PGlite. Nothing above this interface knows which one runs.
 */

import type { Cancellation } from "../lib/cancellation.ts";
import type { CollectionSettings } from "../topology/collection-settings.ts";
import type { Finding } from "../topology/findings.ts";
import type { Catalog, Collection, GroupId, Metric, Quantization, ShardId } from "../topology/shard-map.ts";
import type { CollectionUpdates } from "./collection-updates.ts";
import type { FinishedOperations } from "./finished-operations.ts";
import type { IndexChanges } from "./placement-changes.ts";
import type { RuntimePlacement } from "./runtime-placement.ts";

export interface CollectionSpec {
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly quantization: Quantization;
  readonly hnsw: { readonly m: number; readonly efConstruction: number };
  /** Shards to cut the ring into. */
  readonly shardCount: number;
  /** Absent: as before there was a choice. */
  readonly settings?: CollectionSettings;
}

/** What the HNSW index of a shard weighed by row when it was built. */
export interface IndexBaseline {
  readonly shard: ShardId;
  /** Names the build. */
  readonly build: string;
  readonly bytesPerRow: number;
}

/**
 * Baselines that outlive the leader that saw them. NODE_NOT_MIGRATED on a schema, or for a role, that keeps
 * none.
 */
export interface IndexBaselines {
  read(signal: AbortSignal): Promise<readonly IndexBaseline[]>;
  /** Leader only. Those of shards that are not among `shards` are dropped. */
  put(
    baselines: readonly IndexBaseline[],
    options: { readonly term: number; readonly shards: readonly ShardId[] },
    signal: AbortSignal,
  ): Promise<void>;
}

/** What was measured of the recall of an index; src/recall says, and checks, what `measured` holds. */
export interface StoredCalibration {
  readonly collectionId: number;
  readonly sizeClass: number;
  readonly fanOut: number;
  /** `""`: of every namespace that has none of its own. */
  readonly namespace: string;
  /** JSON. */
  readonly measured: unknown;
}

/** `orrery.vector_indexes`. NODE_NOT_MIGRATED on a schema that has no such table. */
export interface Calibrations {
  read(signal: AbortSignal): Promise<readonly StoredCalibration[]>;
  /**
   * Leader only. `lines` are all that there is of one collection, size and fan-out, and replace what was
   * there.
   */
  put(
    lines: readonly StoredCalibration[],
    options: { readonly term: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Leader only: removes what was measured of collections that were dropped. */
  forgetDropped(options: { readonly term: number }, signal: AbortSignal): Promise<void>;
}

export interface Engine {
  readonly kind: "citus" | "postgres" | "embedded";
  readonly indexBaselines: IndexBaselines;
  readonly calibrations: Calibrations;
  readonly finished: FinishedOperations;
  readonly updates: CollectionUpdates;
  /** undefined where placement is fixed. */
  readonly placement?: RuntimePlacement;
  /** How indexes of shards are built anew. */
  readonly indexes: IndexChanges;

  /**
   * Reads the catalogs in one snapshot. `from`: ask this node group first (the one that just refused a
   * shard); without it, or when it does not answer, any metadata node. Throws MAP_UNAVAILABLE when none
   * answers before the signal.
   */
  readMap(options: { readonly signal: Cancellation; readonly from?: GroupId }): Promise<Catalog>;

  /** The relation a fenced read of one shard names: quoted, with schema. Pure. */
  readRelation(collection: Collection, shard: ShardId): string;
  /**
   * What a read finds out before it asks the fence's function: an SQL expression, true where the snapshot of
   * the statement shows beyond doubt that the shard is on this node. Absent where only the function can tell.
   * Pure.
   */
  isHere?(shard: ShardId): string;
  /** The relation a write to one shard names: quoted, with schema. Pure. */
  writeRelation(collection: Collection, shard: ShardId): string;

  /**
   * Creates the table, its index and its row in `orrery.collections`, all or nothing. COLLECTION_EXISTS when
   * the name is taken by a collection with other settings; one with the same settings is returned (so the
   * step may be repeated).
   *
   * `confirm` is called before anything is created; what it throws ends the call. No other caller can create
   * or drop collections from then until the end of the call, so one that was frozen and replaced creates
   * nothing any more.
   */
  createCollection(spec: CollectionSpec, signal: AbortSignal, confirm?: () => Promise<void>): Promise<void>;
  /**
   * Drops the collection and everything in it. Does nothing when there is no such collection, or when the
   * name now belongs to another one than that of `id`. COLLECTION_IN_USE when something that was made in SQL
   * depends on its view.
   */
  dropCollection(name: string, signal: AbortSignal, id?: number): Promise<void>;

  /**
   * Leader only: makes `holder` the one whose admin statements are accepted (`orrery.leadership`) and returns
   * the new term, higher than every earlier one.
   */
  raiseTerm(holder: string, signal: AbortSignal): Promise<number>;

  /**
   * Leader only: compares what each node knows with the coordinator node and repairs what it may repair
   * (prepared transactions).
   */
  check(signal: AbortSignal): Promise<readonly Finding[]>;

  /**
   * Applies what is missing of the schema on every node, and the views that collections lack; returns the
   * applied versions. Safe to run twice.
   */
  migrate(signal: AbortSignal): Promise<readonly number[]>;
  /**
   * Gives nodes back what they lack of the schema, and its functions the rights of the migrations, where
   * `migrate` leaves that to the database; returns what it did, a sentence each. NODE_NOT_MIGRATED naming the
   * first that still lacks something; nodes that do not answer are skipped.
   */
  repairNodes?(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Builds the indexes anew that early versions made for `half` collections, while searches and writes go on;
   * `report` gets a sentence before each build. May take hours. Cut off, it goes on when it is called again.
   * Returns the names of the collections whose indexes were changed.
   */
  renewIndexes(report: (sentence: string) => void, signal: AbortSignal): Promise<readonly string[]>;
}
