/**
 * How a collection is changed that is there, while requests go on. Each part may be run again, by this
 * coordinator or another one, with the same end; none that takes long runs beside another.
 */
import type { CollectionSettings, SettingsChange } from "../topology/collection-settings.ts";
import type { Collection } from "../topology/shard-map.ts";

/** By its id: the name may have gone to another collection. */
export type UpdatedCollection = Pick<Collection, "id" | "name">;

/** Indexes by what they are of. */
export type SettingsIndexes = Pick<CollectionSettings, "filterIndexes" | "recordIndexes">;

export interface UpdateRun {
  /** Aborted: what is under way is cut off, and may be half done. */
  readonly signal: AbortSignal;
  /** Called when no other update runs any more, before anything is changed; what it throws ends the call. */
  readonly confirm: () => Promise<void>;
  /** 0 to 1, and what is done now. */
  readonly report: (fraction: number, message: string) => void;
}

/**
 * Each throws COLLECTION_NOT_FOUND when there is no such collection any more, and NODE_NOT_MIGRATED on a
 * schema that keeps no settings.
 */
export interface CollectionUpdates {
  /** Builds those that a shard lacks, or has not finished. May take hours. */
  buildIndexes(collection: UpdatedCollection, indexes: SettingsIndexes, run: UpdateRun): Promise<void>;
  /** Drops what there is of them. */
  dropIndexes(collection: UpdatedCollection, indexes: SettingsIndexes, run: UpdateRun): Promise<void>;
  /**
   * Stores vectors in the rows themselves: from now on, and row by row those that lie beside theirs. Versions
   * and times of the records stay as they are. May take hours; cut off, it goes on with the rows that are
   * left.
   */
  storeInline(collection: UpdatedCollection, run: UpdateRun): Promise<void>;
  /** Has the catalogs say what the collection has from now on. */
  changeSettings(
    collection: UpdatedCollection,
    change: SettingsChange,
    run: Pick<UpdateRun, "signal" | "confirm">,
  ): Promise<void>;
}
