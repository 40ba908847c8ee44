/** The recall of one query, from what the index of each shard gave and the truth. Pure. */
import { isUndersampled } from "../../query/plan/rounds.ts";
import { undersampledRows } from "../../query/plan/undersampling.ts";
import { similarityOf } from "../../shards/sql/distance.ts";
import type { Metric } from "../../topology/shard-map.ts";

/** What the indexes gave for one query. Distances: less is nearer. */
export interface GivenRows {
  /** By shard the exact distances of its rows, in the order of the index. */
  readonly shards: readonly (readonly number[])[];
  /** By shard, of all rows of these shards, 0-1. */
  readonly shares: readonly number[];
  /** Whether the index only finds candidates, which are ordered by their exact distances then. */
  readonly isLossy: boolean;
  readonly metric: Metric;
}

export interface RecallWanted {
  readonly topK: number;
  /** Candidates of a lossy index, as a multiple of `topK`. */
  readonly oversampling: number;
}

/** Ascending: the nearest there are. */
type Truth = readonly number[];

/** The hits that a search of these shards has, as a part of the true ones; ends as such a search does. */
export function recallOfQuery(given: GivenRows, truth: Truth, { topK, oversampling }: RecallWanted): number {
  const { shards, shares, isLossy, metric } = given;
  const taken = shards.map((distances) => {
    const rows = distances.slice(0, Math.ceil(topK * oversampling));
    return (isLossy ? rows.sort(ascending) : rows).slice(0, topK);
  });
  const limits = shares.map((share) => undersampledRows(topK, share, shards.length));
  const first = taken.map((rows, shard) => rows.slice(0, limits[shard]));
  let hits = best(first, topK);
  const toHit = (distance: number) => ({
    namespace: "",
    key: "",
    similarity: similarityOf(metric, distance),
  });
  const found = hits.map(toHit);
  const search = { collection: { metric }, topK, minSimilarity: undefined };
  // What a second round would ask for in full.
  const second = first.map((rows, shard) => {
    const plan = { limit: limits[shard] ?? topK };
    const outcome = { rows: rows.map(toHit), plan } as unknown as Parameters<typeof isUndersampled>[0];
    return isUndersampled(outcome, found, search) ? (taken[shard] ?? rows) : rows;
  });
  hits = best(second, topK);
  return recallOfHits(hits, truth, topK);
}

/** The recall of the best `topK` among the first rows that count, in the order of the index. */
export function recallOfTaken(
  distances: readonly number[],
  truth: Truth,
  topK: number,
  rows: number,
): number {
  return recallOfHits(best([distances.slice(0, rows)], topK), truth, topK);
}

/** Of records that are equally near any will do. */
function recallOfHits(hits: readonly number[], truth: Truth, topK: number): number {
  const wanted = Math.min(topK, truth.length);
  const farthest = truth[wanted - 1];
  if (farthest === undefined) return 1;
  return Math.min(hits.filter((distance) => distance <= farthest).length, wanted) / wanted;
}

function best(shards: readonly (readonly number[])[], topK: number): readonly number[] {
  return shards.flat().sort(ascending).slice(0, topK);
}

const ascending = (a: number, b: number) => a - b;
