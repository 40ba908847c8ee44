/** Says what a search that took long did, and where its time went. The vector is never logged. */
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import type { QueryObserver, RequestContext, SearchRequest, SearchResult, TargetProfile } from "./types.ts";

export interface SlowSearchLog {
  /** `outcome`: the result, or what was thrown. */
  finished(
    request: SearchRequest,
    context: RequestContext,
    elapsedMs: number,
    outcome: SearchResult | unknown,
  ): void;
}

export interface SlowSearchOptions {
  /** Searches that took at least this long are logged; undefined: none. */
  readonly afterMs: number | undefined;
  readonly logger: Logger;
  readonly observer: Pick<QueryObserver, "slow">;
}

const NAMED_NAMESPACES = 10;
const NAMED_TARGETS = 16;

export function createSlowSearchLog({ afterMs, logger, observer }: SlowSearchOptions): SlowSearchLog {
  if (afterMs === undefined) return { finished() {} };
  return {
    finished(request, { requestId }, elapsedMs, outcome) {
      if (elapsedMs < afterMs) return;
      observer.slow();
      logger.warn({ requestId, elapsedMs, ...describe(request), ...told(outcome) }, "slow search");
    },
  };
}

function describe({ collection, scope, query, topK, minSimilarity, params, allowPartial }: SearchRequest) {
  const namespaces =
    scope.kind === "all"
      ? "all"
      : { count: scope.namespaces.length, first: scope.namespaces.slice(0, NAMED_NAMESPACES) };
  return { collection, namespaces, by: query.kind, topK, minSimilarity, params, allowPartial };
}

function told(outcome: SearchResult | unknown) {
  if (!isResult(outcome)) {
    return { error: isOrreryError(outcome) ? outcome.code : "BUG" };
  }
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

function isResult(outcome: unknown): outcome is SearchResult {
  return typeof outcome === "object" && outcome !== null && "timings" in outcome;
}
