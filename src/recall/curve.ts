/** Recall as it was measured at growing widths, and the least width that has the recall wanted. Pure. */

/** The recall of some queries at one width of the search. */
export interface RecallPoint {
  /** `hnsw.ef_search`, or rows taken as a multiple of the rows wanted. */
  readonly at: number;
  /** Mean of the queries, 0-1. */
  readonly mean: number;
  /** Standard deviation over the queries. */
  readonly sd: number;
  /** One query in a hundred is worse than that. */
  readonly p1: number;
  readonly min: number;
  /** Queries. */
  readonly n: number;
}

export interface ReachedWidth {
  readonly at: number;
  /** The mean recall to expect, 0-1. */
  readonly expected: number;
}

/** One-sided: nine of ten samples of so many queries have a mean above it. */
const DEVIATIONS = 1.28;
/** A mean says nothing of the query that finds three of its ten neighbours. */
const LEAST_P1 = 0.7;
/** Recall that is nearer to 1 than that is told apart by no sample. */
const LEAST_LOSS = 1e-4;

/** What `recalls`, one for each query and at least one, say of the width `at`. */
export function pointOf(at: number, recalls: readonly number[]): RecallPoint {
  const n = recalls.length;
  const sorted = recalls.toSorted((a, b) => a - b);
  const mean = recalls.reduce((sum, recall) => sum + recall, 0) / n;
  const squares = recalls.reduce((sum, recall) => sum + (recall - mean) ** 2, 0);
  return {
    at,
    mean,
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : 0,
    p1: sorted[Math.max(0, Math.ceil(n / 100) - 1)] ?? 0,
    min: sorted[0] ?? 0,
    n,
  };
}

/** The mean that held-out queries very likely have at least. */
export function likelyMean({ mean, sd, n }: RecallPoint): number {
  return mean - (DEVIATIONS * sd) / Math.sqrt(n);
}

/**
 * The least width whose recall is likely at least `target`, and of which one query in a hundred may be below
 * .7, between two points by the logarithms of width and of what is missing. `points` by growing width;
 * undefined when none of them reaches it.
 */
export function widthFor(points: readonly RecallPoint[], target: number): ReachedWidth | undefined {
  const first = points.findIndex((point) => likelyMean(point) >= target && point.p1 >= LEAST_P1);
  const reached = points[first];
  if (reached === undefined) return undefined;
  const before = points[first - 1];
  if (before === undefined) return { at: reached.at, expected: reached.mean };
  const [low, high, wanted] = [likelyMean(before), likelyMean(reached), target].map(lossOf) as [
    number,
    number,
    number,
  ];
  const byMean = low <= wanted ? 0 : (low - wanted) / (low - high);
  const byWorst = before.p1 >= LEAST_P1 ? 0 : (LEAST_P1 - before.p1) / (reached.p1 - before.p1);
  const part = Math.max(byMean, byWorst);
  return {
    at: before.at * (reached.at / before.at) ** part,
    expected: 1 - Math.exp(between(lossOf(before.mean), lossOf(reached.mean), part)),
  };
}

/** The logarithm of what a recall lacks. */
function lossOf(recall: number): number {
  return Math.log(Math.max(1 - recall, LEAST_LOSS));
}

function between(low: number, high: number, part: number): number {
  return low + (high - low) * part;
}
