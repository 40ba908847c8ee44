/** What the ways to search a shard cost, in microseconds of the node's time. Pure. */
import type { Collection } from "../../topology/shard-map.ts";

export interface ScanCosts {
  /** To compare one row. */
  readonly exactRowUs: number;
  /** To look at one row that a filter may exclude. */
  readonly filterRowUs: number;
  /** Of an index scan, to its first batch of `ef` rows: `startUs + ef * efUs`. */
  readonly startUs: number;
  readonly efUs: number;
  /** Of an index scan, each row beyond the first batch. */
  readonly scanRowUs: number;
}

/** The largest vector that PostgreSQL leaves in the row, where it may move it out (TOAST). */
const IN_ROW_BYTES = 1_900;
/** Reading it from there. */
const TOAST_FACTOR = 3;
/** A scanned row is read wherever it lies, a compared one next to the last. */
const SCATTER_FACTOR = 8;

/** Until there are measurements: docs/benchmarks.md has what they are from. */
export function assumedCosts({ dimension, settings }: Collection): ScanCosts {
  const inRow = 0.5 + 0.004 * dimension;
  const isMovedOut = settings?.storage !== "inline" && dimension * 4 > IN_ROW_BYTES;
  return {
    exactRowUs: isMovedOut ? inRow * TOAST_FACTOR : inRow,
    // Most of it reading metadata.
    filterRowUs: isMovedOut ? 2 : 1,
    startUs: 300,
    efUs: 10,
    scanRowUs: SCATTER_FACTOR * inRow,
  };
}

/** The first batch of an index scan. */
export function firstBatchUs({ startUs, efUs }: ScanCosts, efSearch: number): number {
  return startUs + efUs * efSearch;
}
