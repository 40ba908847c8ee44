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
