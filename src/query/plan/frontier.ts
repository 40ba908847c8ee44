/**
 * Whether a bounded index scan has found the nearest of the rows that a condition holds for. Pure.
 *
 * The scan returns rows about in the order of their distance, whether they meet the condition or not. Where
 * the rows that do are spread evenly over it, those found are the nearest. Where they come at its end, the
 * scan has only just reached where they lie, and what it has not reached yet may be nearer: the first ten
 * rows found of a topic far from the query had a recall of 0.1 to 0.5, with nothing else to show for it.
 */

/** A row with its place in a bounded scan, from 1; 0 where there was none. */
export interface ScannedHit {
  readonly rank: number;
}

/** Of the rows found, how many must be in the first half of the scan. */
const EARLY_SHARE = 0.3;

export interface ScannedRows {
  /** Those that meet the condition, in any order. */
  readonly rows: readonly ScannedHit[];
  /** Rows wanted. */
  readonly limit: number;
  readonly efSearch: number;
  readonly bound: { readonly scanned: number; readonly taken: number };
}

/** `short`: fewer rows than wanted; `far`: nearer ones may be missing. */
export function judgeScan({ rows, limit, efSearch, bound }: ScannedRows): "trusted" | "short" | "far" {
  if (rows.length < limit) return "short";
  const scanned = rowsScanned(rows, bound);
  // The rows of the first batch are in order.
  if (scanned <= efSearch) return "trusted";
  let early = 0;
  for (const { rank } of rows) if (rank <= scanned / 2) early += 1;
  return early >= EARLY_SHARE * rows.length ? "trusted" : "far";
}

/** Rows that the scan returned before it ended. */
export function rowsScanned(
  rows: readonly ScannedHit[],
  { scanned, taken }: { readonly scanned: number; readonly taken: number },
): number {
  if (rows.length < taken) return scanned;
  let last = 0;
  for (const { rank } of rows) if (rank > last) last = rank;
  return last;
}
