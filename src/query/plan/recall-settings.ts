/**
 * How wide an index must be searched for a recall: what calibrations found, and what is assumed before. Pure.
 */
import type { Collection } from "../../topology/shard-map.ts";

/** What an index scan is asked for, so that it has the recall wanted. */
export interface RecallSettings {
  /** `hnsw.ef_search`, 1-1,000, of each shard that is searched: many shards need less of each. */
  readonly efSearch: number;
  /**
   * Rows to take that a filter or scope holds for, as a multiple of the rows wanted, before they are ordered
   * exactly; at least 1. Of a filtered scan it decides the recall.
   */
  readonly take: number;
  /** Candidates of a lossy index, as a multiple of the rows wanted; at least 1. */
  readonly oversampling: number;
  /** The recall expected, 0-1; undefined before a calibration. */
  readonly expected: number | undefined;
}

/**
 * For a request that says itself how wide the index is searched, in a collection whose index is not enough.
 */
export const WIDEST: RecallSettings = { efSearch: 1_000, take: 8, oversampling: 64, expected: undefined };

export interface WantedRecall {
  readonly collection: Collection;
  /** 0.5-1. */
  readonly target: number;
  /** Hits of the answer, however many rows of them are asked of the shard. */
  readonly topK: number;
  /** Of the shard that is searched; undefined without statistics. */
  readonly shardRows: number | undefined;
  /** Shards that the search asks. */
  readonly fanOut: number;
  /** The only one searched; undefined: several. */
  readonly namespace: string | undefined;
}

export interface RecallModel {
  /** `exact`: no width of the index reaches it. */
  settingsFor(wanted: WantedRecall): RecallSettings | "exact";
}

/** Of a collection that names none. */
const DEFAULT_RECALL_TARGET = 0.95;

/** The recall that searches of a collection get which ask for none, 0.5-1; 1: exact. */
export function recallTargetOf({ settings }: Collection): number {
  return settings?.recallTarget ?? DEFAULT_RECALL_TARGET;
}
