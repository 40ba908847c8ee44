/** What is asked of each target, and what came back, as values. Pure. */
import type { OrreryError } from "../../errors.ts";
import type { QueryType, RowEstimates, Strategy } from "../types.ts";
import type { SearchPlan } from "./plan-search.ts";
import { type RecallModel, type RecallSettings, WIDEST } from "./recall-settings.ts";
import type { ScanCosts } from "./scan-costs.ts";
import { chooseScan, exactChoice, MAX_SCANNED, type ScanChoice } from "./strategy.ts";
import type { Target } from "./target.ts";
import { undersampledEfSearch, undersampledRows } from "./undersampling.ts";

/** One target and how it is read. */
export interface TargetPlan {
  readonly target: Target;
  readonly strategy: QueryType;
}

/** What a search asks of one target. */
export interface SearchTargetPlan extends TargetPlan, ScanChoice {
  readonly strategy: Strategy;
  /** Rows wanted, 1-`topK`. */
  readonly limit: number;
  /** The recall that the index is expected to have, 0-1; undefined: not measured yet. */
  readonly expectedRecall: number | undefined;
  /** Rows of the target that are estimated to meet scope and filter; undefined: unknown. */
  readonly matchingRows: number | undefined;
  /** 2 when this repeats a target of the first round, 3 one of the second. */
  readonly round: 1 | 2 | 3;
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

/** What a search is planned by, besides the request. */
export interface Knowledge {
  readonly estimates: RowEstimates;
  readonly recall: RecallModel;
  /** Of the ways to search a shard of the collection on one node group. */
  readonly costsOf: (collection: SearchPlan["collection"], group: number) => ScanCosts;
  /** Of a search with a filter, by shard; a shard that is missing has no estimate. */
  readonly filtered: ReadonlyMap<number, FilteredRows>;
}

/** Estimated rows of one shard. */
export interface FilteredRows {
  /** That meet scope and filter. */
  readonly matching: number;
  /** That must be looked at to find them. */
  readonly touched: number;
  /** `matching` is what scans have seen of the filter. */
  readonly isSeen?: boolean;
}

/** A search plan that knows how its rows are spread over targets. */
export interface RoutedPlan extends SearchPlan {
  readonly spread: Spread;
}

export interface Spread {
  readonly targets: number;
  /**
   * Estimated rows of all targets together; 0 when unknown, or when not all rows of the targets are in scope:
   * then they are not spread like rows, and no target is undersampled.
   */
  readonly rows: number;
}

/** Plans for reads that ask the same of every target. */
export function planReads(targets: readonly Target[], strategy: QueryType): Round<TargetPlan> {
  const replan = (target: Target): TargetPlan => ({ target, strategy });
  return { plans: targets.map(replan), replan };
}

/** How a search asks one target in its first round. */
export function planTarget(target: Target, search: RoutedPlan, knowledge: Knowledge): SearchTargetPlan {
  const limit = undersampledRows(
    search.topK,
    shareOf(target, search, knowledge.estimates),
    search.spread.targets,
  );
  return planRows(target, limit, search, knowledge);
}

/** The same for `limit` rows. */
export function planRows(
  target: Target,
  limit: number,
  search: RoutedPlan,
  knowledge: Knowledge,
): SearchTargetPlan {
  const { collection, filter } = search;
  const shardRows = knowledge.estimates.shardRows(collection, target.shardId);
  const { matching: matchingRows, touched: touchedRows } = rowsOf(target, search, shardRows, knowledge);
  const asked: Asked = { target, limit, matchingRows };
  if (search.exact) return planned(asked, exactChoice("asked"), 1);
  if (collection.settings?.index === "none") return planned(asked, exactChoice("no_index"), 1);
  const settings = settingsOf(search, limit, shardRows, knowledge.recall);
  const choice = chooseScan({
    limit,
    isWhole: target.shardKeys === "all" && filter === undefined,
    shardRows,
    matchingRows,
    touchedRows,
    isSeen: filter !== undefined && knowledge.filtered.get(target.shardId)?.isSeen === true,
    candidates: candidatesOf(search, limit, settings),
    settings,
    costs: knowledge.costsOf(collection, target.group),
    exactMaxRows: search.exactMaxRows,
  });
  const expectedRecall = choice.strategy === "exact" || settings === "exact" ? 1 : settings.expected;
  return planned(asked, choice, expectedRecall);
}

type Asked = Pick<SearchTargetPlan, "target" | "limit" | "matchingRows">;

/**
 * Field by field: made for every target of every search, and spreading two objects costs ten times as much.
 */
function planned(
  { target, limit, matchingRows }: Asked,
  { strategy, reason, efSearch, candidates, bound }: ScanChoice,
  expectedRecall: number | undefined,
): SearchTargetPlan {
  const round = 1;
  return {
    target,
    strategy,
    reason,
    efSearch,
    candidates,
    bound,
    limit,
    expectedRecall,
    matchingRows,
    round,
  };
}

/** A lossy index needs all candidates even for fewer rows: its order differs from the exact one. */
function candidatesOf(
  { collection, topK }: SearchPlan,
  limit: number,
  settings: RecallSettings | "exact",
): number {
  if (collection.quantization === "none" || settings === "exact") return limit;
  return Math.min(Math.ceil(topK * settings.oversampling), MAX_SCANNED);
}

/** Rows that a scan has to choose from, for each that is wanted, at least. */
const LEAST_WIDTH = 2;

/** What the request says goes before what its recall needs. */
function settingsOf(
  { collection, topK, recallTarget, efSearch, oversampling, namespace, spread }: RoutedPlan,
  limit: number,
  shardRows: number | undefined,
  recall: RecallModel,
): RecallSettings | "exact" {
  const wanted = { collection, target: recallTarget, topK, shardRows, fanOut: spread.targets, namespace };
  const known = recall.settingsFor(wanted);
  if (efSearch === undefined && oversampling === undefined) {
    return known === "exact" ? known : { ...known, efSearch: Math.max(known.efSearch, LEAST_WIDTH * limit) };
  }
  const usual = known === "exact" ? WIDEST : known;
  // Who says how wide the index is searched gets what it finds so; and a lossy index chooses alone among no
  // more than it is asked for.
  const isGiven = efSearch !== undefined || (oversampling === 1 && collection.quantization !== "none");
  return {
    ...usual,
    efSearch: efSearch === undefined ? usual.efSearch : undersampledEfSearch(efSearch, limit, topK),
    take: isGiven ? 1 : usual.take,
    oversampling: oversampling ?? usual.oversampling,
    expected: undefined,
  };
}

/** Rows of the target that meet scope and filter, and that an exact comparison looks at. */
function rowsOf(
  { shardId, shardKeys }: Target,
  { collection, filter }: SearchPlan,
  shardRows: number | undefined,
  { estimates, filtered }: Knowledge,
): { readonly matching: number | undefined; readonly touched: number | undefined } {
  const inScope = shardKeys === "all" ? shardRows : keyRows(shardKeys, shardId, collection, estimates);
  if (filter === undefined) return { matching: inScope, touched: 0 };
  const known = filtered.get(shardId);
  // Nothing known of a filter: as if it held for all. The scan then ends early.
  return { matching: known?.matching ?? inScope, touched: known?.touched ?? inScope };
}

/** undefined as soon as one is unknown. */
function keyRows(
  shardKeys: readonly string[],
  shardId: number,
  collection: SearchPlan["collection"],
  estimates: RowEstimates,
): number | undefined {
  let sum = 0;
  for (const shardKey of shardKeys) {
    const rows = estimates.shardKeyRows(collection, shardId, shardKey);
    if (rows === undefined) return undefined;
    sum += rows;
  }
  return sum;
}

/** How the rows of `targets` are spread over them. */
export function spreadOf(
  targets: readonly Target[],
  { collection, filter }: SearchPlan,
  estimates: RowEstimates,
): Spread {
  const canUndersample =
    targets.length > 1 && filter === undefined && targets.every(({ shardKeys }) => shardKeys === "all");
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
