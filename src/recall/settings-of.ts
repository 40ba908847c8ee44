/** What a measured class asks of its index for a recall. Pure. */
import type { RecallSettings, WantedRecall } from "../query/plan/recall-settings.ts";
import { type ReachedWidth, widthFor } from "./curve.ts";
import { MAX_WIDTH } from "./max-width.ts";
import type { Measured, MeasuredCurve } from "./measured.ts";

/** Reading one candidate of a lossy index costs about as much as so much width. */
const CANDIDATE_COST = 0.6;
/** Where no measured number of rows reached it. */
const MOST_TAKEN = 16;

/** `exact` when no width that was measured reaches the target. */
export function settingsOf(
  { curves, takes }: Measured,
  { target, topK }: Pick<WantedRecall, "target" | "topK">,
): RecallSettings | "exact" {
  let best: RecallSettings | undefined;
  let leastCost = Number.POSITIVE_INFINITY;
  const take = Math.max(1, ...takes.map(({ points }) => widthFor(points, target)?.at ?? MOST_TAKEN));
  for (const oversampling of new Set(curves.map((curve) => curve.oversampling))) {
    const reached = widthAt(
      curves.filter((curve) => curve.oversampling === oversampling),
      { target, topK },
    );
    if (reached === undefined) continue;
    const candidates = Math.ceil(oversampling * topK);
    const efSearch = Math.max(Math.ceil(reached.at), candidates);
    const cost = efSearch + CANDIDATE_COST * candidates;
    if (efSearch > MAX_WIDTH || cost >= leastCost) continue;
    leastCost = cost;
    best = { efSearch, take, oversampling, expected: reached.expected };
  }
  return best ?? "exact";
}

/** The width for `topK` rows, between those numbers of rows that were measured. */
function widthAt(
  curves: readonly MeasuredCurve[],
  { target, topK }: Pick<WantedRecall, "target" | "topK">,
): ReachedWidth | undefined {
  const sorted = curves.toSorted((a, b) => a.topK - b.topK);
  const above = sorted.find((curve) => curve.topK >= topK);
  const below = sorted.findLast((curve) => curve.topK <= topK);
  const high = above && widthFor(above.points, target);
  const low = below && widthFor(below.points, target);
  if (below === undefined || above === below) return high;
  if (low === undefined) return undefined;
  // More rows than were measured: each of them needs its part of the width.
  if (above === undefined) return { at: (low.at * topK) / below.topK, expected: low.expected };
  if (high === undefined) return undefined;
  const part = Math.log(topK / below.topK) / Math.log(above.topK / below.topK);
  return {
    at: low.at * (high.at / low.at) ** part,
    expected: Math.min(low.expected, high.expected),
  };
}
