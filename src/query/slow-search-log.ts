/** Logs what a slow search did, and where its time went. Never logs the vector. */
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { FinishedSearch, QueryObserver } from "./query-observer.ts";
import type { SearchRequest, TargetProfile } from "./types.ts";

export interface SlowSearchOptions {
  /** Searches that took at least this long are logged; undefined: none. */
  readonly afterMs: number | undefined;
  readonly logger: Logger;
}

const NAMED_NAMESPACES = 10;
const NAMED_TARGETS = 16;

export function createSlowSearchLog({
  afterMs = Number.POSITIVE_INFINITY,
  logger,
}: SlowSearchOptions): Pick<QueryObserver, "searchFinished"> {
  return {
    searchFinished({ request, context: { requestId }, outcome, elapsedMs }) {
      if (elapsedMs < afterMs) return;
      logger.warn(
        { requestId, elapsedMs, ...requestFields(request), ...outcomeFields(outcome) },
        "slow search",
      );
    },
  };
}

function requestFields({
  collection,
  scope,
  query,
  topK,
  minSimilarity,
  params,
  allowPartial,
}: SearchRequest) {
  const namespaces =
    scope.kind === "all"
      ? "all"
      : { count: scope.namespaces.length, first: scope.namespaces.slice(0, NAMED_NAMESPACES) };
  return { collection, namespaces, by: query.kind, topK, minSimilarity, params, allowPartial };
}

function outcomeFields(outcome: FinishedSearch["outcome"]) {
  if ("error" in outcome) return { error: isOrreryError(outcome.error) ? outcome.error.code : "BUG" };
  const { hits, completeness, epoch, timings, profile } = outcome;
  return {
    hits: hits.length,
    targets: completeness.targetsTotal,
    failed: completeness.failures.length,
    epoch,
    timings,
    plan: [...profile].sort(slowestFirst).slice(0, NAMED_TARGETS),
  };
}

const slowestFirst = (a: TargetProfile, b: TargetProfile) => b.elapsedMs - a.elapsedMs;
