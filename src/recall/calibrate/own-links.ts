/**
 * What measuring by stored vectors has to make up for. A scan comes upon the record that the query was made
 * from, and its node hands it the record's true neighbours, as many as it has links: 2m. A query of somebody
 * has no node. So a stored vector, its own record left out, finds at a width what others find at a width that
 * is larger by 2m: measured on word vectors of 20,000, 80,000 and 200,000 rows and on mixtures, from a width
 * of 40 on, within the error of the samples. Pure.
 */
import type { Collection } from "../../topology/shard-map.ts";
import type { RecallPoint } from "../curve.ts";

/** By how much a width must be larger than the one that stored vectors were searched at. */
export function ownLinks({ hnsw, settings }: Pick<Collection, "hnsw" | "settings">): number {
  return settings?.index === undefined ? 2 * hnsw.m : 0;
}

/** The narrowest scan. */
const LEAST_WIDTH = 10;

/** The width for the own shard of a query, whose width for others is `width`. */
export function ownWidth(width: number, links: number): number {
  return Math.max(width - links, Math.min(width, LEAST_WIDTH));
}

/** Below the narrowest width that was measured, what is missed grows a little faster than widths fall. */
const GROWTH = 1.1;
const NARROW_WIDTHS = [10, 20, 40];

/**
 * The points with those of narrower widths, which no scan for stored vectors could measure. `points` by
 * growing width; `least`: the narrowest that is asked for.
 */
export function withNarrow(points: readonly RecallPoint[], least: number): readonly RecallPoint[] {
  const [first] = points;
  if (first === undefined) return points;
  const narrow = NARROW_WIDTHS.filter((at) => at >= least && at < first.at).map((at) => {
    const factor = (first.at / at) ** GROWTH;
    // No sample tells a recall of 1 from one that is a little less.
    const missed = (recall: number) => Math.min(1, Math.max(1 - recall, 1 / (10 * first.n)) * factor);
    return {
      at,
      mean: 1 - missed(first.mean),
      sd: Math.max(first.sd, 1 / Math.sqrt(100 * first.n)) * Math.sqrt(factor),
      p1: 1 - missed(first.p1),
      min: 1 - missed(first.min),
      n: first.n,
    };
  });
  return [...narrow, ...points];
}
