export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of at least one value. */
export function spread(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return { median: median(sorted), min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** How sure one can be that the median of all there might have been lies in the interval. */
const CONFIDENCE = 0.95;

/**
 * The median, and the values between which that of the whole distribution lies, by ranks (as the sign test
 * does), so that nothing is assumed of the distribution. Of fewer than six values: the least and the most,
 * which are less sure.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const inOrder = sorted(values);
  const rank = lowRank(inOrder.length);
  return {
    median: median(inOrder),
    low: inOrder[rank] ?? Number.NaN,
    high: inOrder[inOrder.length - 1 - rank] ?? Number.NaN,
  };
}

/** The most values that may be left out at each end. */
function lowRank(count: number): number {
  // Of `count` values, so many lie below the median with the probability of as many heads of a coin.
  let probability = 0.5 ** count;
  let below = probability;
  let rank = 0;
  while (below <= (1 - CONFIDENCE) / 2) {
    rank += 1;
    probability *= (count - rank + 1) / rank;
    below += probability;
  }
  return Math.max(0, rank - 1);
}

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * The smallest value that at least `share` (0 to 1) of all values do not exceed: exact, no interpolation, no
 * buckets.
 */
export function percentile(sortedValues: Float64Array, share: number): number {
  const place = Math.max(0, Math.ceil(share * sortedValues.length) - 1);
  return sortedValues[place] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
