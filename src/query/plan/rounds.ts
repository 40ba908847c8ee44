/**
 * The rounds of a search: what is asked first, and what further rounds ask because the first answer may not
 * be complete. Pure.
 *
 *   short the index gave fewer rows than asked for -> the same target, exactly; or a longer
 *                                                                        scan first, where some of many rows
 *                                                                        showed that it pays
 *   far           the rows that the scan was for came at its end      -> the same target, exactly
 *   undersampled  the target gave all it was asked for, and the last
 *                 of it is among the best, or they are out of order,
 *                 so it may hold more                                 -> the same target, for `topK` rows
 *
 * An index returns rows in batches, the nearest of a batch first. So rows of the batch it has reached are
 * farther away than the last one returned, and where all came in order the result lacks nothing of that
 * batch. Rows out of order show that there was another batch, which the rows returned say nothing about.
 * What a later one holds, that a scan for `topK` rows would have begun, stays unknown; such a batch is needed
 * where most of the nearest rows were deleted and not vacuumed yet.
 */
import type { Collection, HashRange } from "../../topology/shard-map.ts";
import type { Hit } from "../types.ts";
import { judgeScan, type ScannedHit } from "./frontier.ts";
import type { SearchPlan } from "./plan-search.ts";
import { exactChoice } from "./strategy.ts";
import type { Target } from "./target.ts";
import {
  type Knowledge,
  type Outcome,
  planRows,
  planTarget,
  type Round,
  type SearchTargetPlan,
  spreadOf,
} from "./target-plan.ts";

export type SearchRound = Round<SearchTargetPlan>;
export type SearchOutcome<T> = Outcome<SearchTargetPlan, T>;

/** The first round, and how one of its targets is asked further. */
export interface FirstRound extends SearchRound {
  /** For all of `topK`. */
  readonly inFull: (target: Target) => SearchTargetPlan;
  /** Knowing which part of the rows meets scope and filter, 0-1. */
  readonly knowing: (target: Target, share: number) => SearchTargetPlan;
}

export function planFirstRound(
  targets: readonly Target[],
  search: SearchPlan,
  knowledge: Knowledge,
): FirstRound {
  const routed = { ...search, spread: spreadOf(targets, search, knowledge.estimates) };
  const replan = (target: Target) => planTarget(target, routed, knowledge);
  const inFull = (target: Target) =>
    planRows(target, search.topK, { ...search, spread: { targets: 1, rows: 0 } }, knowledge);
  const knowing = (target: Target, share: number) => {
    const rows = knowledge.estimates.shardRows(search.collection, target.shardId);
    if (rows === undefined) return inFull(target);
    const known = {
      matching: share * rows,
      touched: knowledge.filtered.get(target.shardId)?.touched ?? rows,
      isSeen: true,
    };
    const filtered = new Map([[target.shardId, known]]);
    return planRows(target, search.topK, routed, { ...knowledge, filtered });
  };
  return { plans: targets.map(replan), replan, inFull, knowing };
}

/** So few rows say nothing of how many more there are. */
const LEAST_SEEN = 2;
/** A scan that is not so many times as long would hardly find what the one before did not. */
const LEAST_GROWTH = 2;

/**
 * Plans a longer scan for targets whose bounded one found some of the rows that a filter holds for, but too
 * few: how many it found says how long it must be, which no statistics of the filter did. Empty for none, as
 * where an exact comparison is expected to cost less.
 */
export function planLongerRound(
  outcomes: readonly SearchOutcome<ScannedHit>[],
  { filter }: SearchPlan,
  { knowing }: Pick<FirstRound, "knowing">,
): SearchRound {
  const longer = new Map<Target, SearchTargetPlan>();
  for (const outcome of filter === undefined ? [] : outcomes) {
    const { plan, rows } = outcome;
    if (plan.round > 1 || plan.bound === undefined || rows.length < LEAST_SEEN) continue;
    if (whyExact(outcome) !== "short") continue;
    const next = knowing(plan.target, rows.length / plan.bound.scanned);
    if (next.bound !== undefined && next.bound.scanned >= LEAST_GROWTH * plan.bound.scanned)
      longer.set(plan.target, { ...next, round: 2 });
  }
  const [any] = longer.values();
  return {
    plans: [...longer.values()],
    // A shard that moved is asked as it was, one that was split as the whole of it was.
    replan: (target) => ({ ...((longer.get(target) ?? any) as SearchTargetPlan), target }),
  };
}

/** Plans an exact round for the targets whose index did not find what was wanted; empty for none. */
export function planExactRound(
  outcomes: readonly SearchOutcome<ScannedHit>[],
  { topK }: SearchPlan,
): SearchRound & { readonly reasons: readonly ("short" | "far")[] } {
  const failed: { target: Target; reason: "short" | "far"; round: 2 | 3 }[] = [];
  for (const outcome of outcomes) {
    const reason = whyExact(outcome);
    const { target, round } = outcome.plan;
    if (reason !== undefined) failed.push({ target, reason, round: round === 1 ? 2 : 3 });
  }
  const replan = (target: Target): SearchTargetPlan => ({
    target,
    // What a moved or split shard is asked for is what its range was.
    ...exactChoice(failed.find((one) => covers(one.target, target))?.reason ?? "short"),
    limit: topK,
    expectedRecall: 1,
    matchingRows: undefined,
    round: failed.find((one) => covers(one.target, target))?.round ?? 2,
  });
  return {
    plans: failed.map(({ target }) => replan(target)),
    replan,
    reasons: [...new Set(failed.map(({ reason }) => reason))],
  };
}

/**
 * Plans a second round for targets that may hold more of the top hits than they returned; empty for none.
 * `hits`: the best of `outcomes`.
 */
export function planUndersampledRound<T extends Pick<Hit, "similarity">>(
  { inFull }: FirstRound,
  { outcomes, hits }: { readonly outcomes: readonly SearchOutcome<T>[]; readonly hits: readonly Hit[] },
  search: SearchPlan,
): SearchRound {
  const again = (target: Target): SearchTargetPlan => ({ ...inFull(target), round: 2 });
  return {
    plans: outcomes
      .filter((outcome) => isUndersampled(outcome, hits, search))
      .map((outcome) => again(outcome.plan.target)),
    replan: again,
  };
}

/**
 * The outcomes of both rounds. A target that fails in the second keeps the rows it returned before: the error
 * is reported, and a partial answer can still use the rows.
 */
export function withSecondRound<T>(
  before: readonly SearchOutcome<T>[],
  { plans }: SearchRound,
  after: readonly SearchOutcome<T>[],
): readonly SearchOutcome<T>[] {
  const repeated = new Set(plans.map(({ target }) => target));
  const known = before.filter(({ plan }) => repeated.has(plan.target));
  return [
    ...before.filter(({ plan }) => !repeated.has(plan.target)),
    ...after.map((outcome) => (outcome.error === undefined ? outcome : withKnownRows(outcome, known))),
  ];
}

/**
 * By cosine, similarities may be out of order by so much without being of another batch: the index computes
 * them from vectors that it has scaled to length 1. By other metrics it computes the very same.
 */
const ROUNDING = 1e-5;

type UndersampledPlan = Pick<SearchPlan, "topK" | "minSimilarity"> & {
  readonly collection: Pick<Collection, "metric">;
};

/** True when the target gave all that it was asked for, and what it did not give may be among the best. */
export function isUndersampled(
  { rows, plan: { limit } }: SearchOutcome<Pick<Hit, "similarity">>,
  hits: readonly Pick<Hit, "similarity">[],
  { collection, topK, minSimilarity }: UndersampledPlan,
): boolean {
  if (limit >= topK || rows.length < limit) return false;
  const rounding = collection.metric === "cosine" ? ROUNDING : 0;
  let farthest = Number.POSITIVE_INFINITY;
  for (const { similarity } of rows) {
    if (similarity > farthest + rounding) return true;
    farthest = Math.min(farthest, similarity);
  }
  if (minSimilarity !== undefined && farthest < minSimilarity) return false;
  const last = hits[topK - 1];
  return last === undefined || farthest >= last.similarity;
}

/** Why an index scan has to be followed by an exact comparison; undefined: it need not. */
function whyExact({ rows, error, plan }: SearchOutcome<ScannedHit>): "short" | "far" | undefined {
  const { strategy, limit, bound, efSearch } = plan;
  if (error !== undefined || strategy !== "ann") return undefined;
  if (bound === undefined) return rows.length < limit ? "short" : undefined;
  const judgement = judgeScan({ rows, limit, efSearch, bound });
  return judgement === "trusted" ? undefined : judgement;
}

function withKnownRows<T>(outcome: SearchOutcome<T>, known: readonly SearchOutcome<T>[]): SearchOutcome<T> {
  const { target } = outcome.plan;
  const rows = known.filter(({ plan }) => covers(plan.target, target)).flatMap((before) => before.rows);
  return { ...outcome, rows: [...outcome.rows, ...rows] };
}

const covers = (range: HashRange, other: HashRange) => range.min <= other.min && other.max <= range.max;
