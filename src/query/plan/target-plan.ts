/** What is asked of each target, and what came back, as values. Pure. */
import type { OrreryError } from "../../errors.ts";
import type { QueryType, RowEstimates, Strategy } from "../types.ts";
import type { SearchPlan } from "./plan-search.ts";
import { chooseStrategy, EXACT, type StrategyChoice } from "./strategy.ts";
import type { Target } from "./target.ts";
import { undersampledEfSearch, undersampledRows } from "./undersampling.ts";

/** One target and how it is read. */
export interface TargetPlan {
  readonly target: Target;
  readonly strategy: QueryType;
}

/** What a search asks of one target. */
export interface SearchTargetPlan extends TargetPlan, StrategyChoice {
  readonly strategy: Strategy;
  /** Rows asked for, 1-`topK`. */
  readonly limit: number;
  /** `hnsw.ef_search` of the scan, 1-1,000; an exact one does not use it. */
  readonly efSearch: number;
  /** Rows to take from a lossy index before they are ordered exactly. */
  readonly candidates: number;
  /** 2 when this repeats a target of the first round. */
  readonly round: 1 | 2;
}

/** The targets that are asked together. */
export interface Round<P extends TargetPlan> {
  readonly plans: readonly P[];
  /** Plans a target that re-routing puts in the place of one that moved or was split. */
  readonly replan: (target: Target) => P;
}

/** What came back from one target. */
export interface Outcome<P extends TargetPlan, T> {
  readonly plan: P;
  /** With an `error`: rows from an earlier round. */
  readonly rows: readonly T[];
  /** Why the target did not answer. */
  readonly error: OrreryError | undefined;
  readonly attempts: number;
  readonly elapsedMs: number;
  /** Of the last attempt: waiting for a connection. */
  readonly waitedMs: number;
}

/** A search plan that knows how its rows are spread over targets. */
export interface RoutedPlan extends SearchPlan {
  readonly spread: Spread;
}

export interface Spread {
  readonly targets: number;
  /**
   * Estimated rows of all targets together; 0 when unknown, or when the targets are not whole shards: an
   * index that filters by shard key may return its rows out of order, so such a target is never
   * undersampled.
   */
  readonly rows: number;
}

/** Plans for reads that ask the same of every target. */
export function planReads(targets: readonly Target[], strategy: QueryType): Round<TargetPlan> {
  const replan = (target: Target): TargetPlan => ({ target, strategy });
  return { plans: targets.map(replan), replan };
}

/** How a search asks one target in its first round. */
export function planTarget(target: Target, search: RoutedPlan, estimates: RowEstimates): SearchTargetPlan {
  const { collection, topK, candidates, exactMaxRows, spread } = search;
  const { strategy, isCertain } = search.exact
    ? EXACT
    : chooseStrategy(target, collection, estimates, { candidates, exactMaxRows });
  const limit = undersampledRows(topK, shareOf(target, search, estimates), spread.targets);
  const efSearch = undersampledEfSearch(search.efSearch, limit, topK);
  return {
    target,
    strategy,
    isCertain,
    limit,
    // A lossy index needs all candidates even for fewer rows: its order differs from the exact one.
    efSearch: collection.quantization === "none" ? efSearch : Math.max(efSearch, candidates),
    candidates,
    round: 1,
  };
}

/** How the rows of `targets` are spread over them. */
export function spreadOf(
  targets: readonly Target[],
  { collection }: SearchPlan,
  estimates: RowEstimates,
): Spread {
  const canUndersample = targets.length > 1 && targets.every(({ shardKeys }) => shardKeys === "all");
  let rows = 0;
  if (canUndersample)
    for (const { shardId } of targets) rows += estimates.shardRows(collection, shardId) ?? 0;
  return { targets: targets.length, rows };
}

/** The target's part of all rows in scope, 0-1; undefined when it is unknown. */
function shareOf(
  { shardId }: Target,
  { collection, spread }: RoutedPlan,
  estimates: RowEstimates,
): number | undefined {
  if (spread.rows === 0) return undefined;
  const rows = estimates.shardRows(collection, shardId);
  return rows === undefined ? undefined : Math.min(rows / spread.rows, 1);
}
