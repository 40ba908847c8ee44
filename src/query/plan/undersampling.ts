/**
 * Undersampling: each of many targets is asked for fewer rows than the answer has, because most of them would
 * lose the merge. Says how many rows, and how wide the index is searched for them. Pure.
 */

/** With fewer targets the saving is not worth the risk of a second round. */
const MIN_TARGETS = 4;
/**
 * Standard deviations above the expected number of rows. About one target in a thousand holds more of the
 * answer than it was asked for: the tail of the Poisson distribution.
 */
const DEVIATIONS = 3.3;
/** pgvector's default. Narrower scans lost neighbors that plain SQL found (docs/benchmarks.md). */
const MIN_EF_SEARCH = 40;

/**
 * How many rows to request from one target so that they very likely include every row of the top `topK` it
 * holds, assuming that hits are distributed like rows. `share`: the target's part of all rows in scope, 0-1,
 * undefined when it is unknown. The last of these rows should fall outside the `topK`: only then is it
 * certain that the target holds no more. Returns 1-`topK`.
 */
export function undersampledRows(topK: number, share: number | undefined, targets: number): number {
  if (share === undefined || targets < MIN_TARGETS) return topK;
  const expected = topK * share;
  return Math.min(topK, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected)) + 1);
}

/**
 * Scales `efSearch`, which is meant for `topK` rows, to a scan for `limit` of them. By the square root,
 * because a narrow scan finds a smaller part of its few rows than a wide scan of its many; never below
 * pgvector's default, unless `efSearch` itself is lower. Returns 1-`efSearch`.
 */
export function undersampledEfSearch(efSearch: number, limit: number, topK: number): number {
  return Math.min(efSearch, Math.max(limit, MIN_EF_SEARCH, Math.ceil(efSearch * Math.sqrt(limit / topK))));
}
