/** How many rows a target is asked for at first. Pure. */

/** Below this many targets too little is spared to ask any of them twice. */
const FEWEST_TARGETS = 4;
/** About one target in a thousand holds more of the answer than it was asked for: the tail of the Poisson distribution. */
const DEVIATIONS = 3.3;

/**
 * Rows of one target that will hold all of the answer's `topK` that lie there, if the nearest are spread like all rows;
 * `share`: of all rows in scope, those of the target, 0-1, undefined where nobody knows. The last of them should not be
 * among the `topK`: only then is it certain that the target holds no more. 1-`topK`.
 */
export function rowsToAsk(topK: number, share: number | undefined, targets: number): number {
  if (share === undefined || targets < FEWEST_TARGETS) return topK;
  const expected = topK * share;
  return Math.min(topK, Math.ceil(expected + DEVIATIONS * Math.sqrt(expected)) + 1);
}
