/** How many rows a target is asked for at first, and how wide its index is searched for them. Pure. */

/** Below this many targets too little is spared to ask any of them twice. */
const FEWEST_TARGETS = 4;
/**
 * About one target in a thousand holds more of the answer than it was asked for: the tail of the Poisson
 * distribution.
 */
const DEVIATIONS = 3.3;
/** pgvector's default. Narrower beams lost neighbours that plain SQL found (docs/benchmarks.md). */
const NARROWEST_BEAM = 40;

/**
 * Rows of one target that will hold all of the answer's `topK` that lie there, if the nearest are spread like
 * all rows; `share`: of all rows in scope, those of the target, 0-1, undefined where nobody knows. The last
 * of them should not be among the `topK`: only then is it certain that the target holds no more. 1-`topK`.
 */
export function rowsToAsk(topK: number, share: number | undefined, targets: number): number {
  if (share === undefined || targets < FEWEST_TARGETS) return topK;
  const expected = topK * share;
  return Math.min(topK, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected)) + 1);
}

/**
 * `efSearch`, meant for `topK` rows, for a scan asked for `limit` of them. By the square root, because a
 * narrow beam finds less of the few rows it is asked for than a wide one of many; and never below pgvector's
 * default. 1-`efSearch`.
 */
export function efSearchToAsk(efSearch: number, limit: number, topK: number): number {
  return Math.min(efSearch, Math.max(limit, NARROWEST_BEAM, Math.ceil(efSearch * Math.sqrt(limit / topK))));
}
