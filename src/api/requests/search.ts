import { FieldChecks, invalidField } from "../../errors.ts";
import type { SearchParams, SearchRequest } from "../../query/types.ts";
import type { SearchRequestMessage } from "../wire/search-request.ts";
import { toFilter } from "./filter.ts";
import { toInclude } from "./include.ts";
import type { Limits } from "./limits.ts";
import { toCollection, toRecordRef, toScope } from "./names.ts";
import { toNumberIn } from "./numbers.ts";
import { toVector } from "./vector.ts";

const DEFAULT_TOP_K = 10;

/** Throws INVALID_REQUEST naming the fields that are wrong. */
export function toSearchRequest(message: SearchRequestMessage, limits: Limits): SearchRequest {
  const { topK, minSimilarity } = message;
  const checks = new FieldChecks();
  const request = {
    collection: checks.of(toCollection, message.collection),
    scope: checks.of(toScope, message, limits),
    query: checks.of(toQuery, message.query, limits),
    topK: checks.of(toNumberIn, topK ?? Math.min(DEFAULT_TOP_K, limits.topK), "top_k", 1, limits.topK),
    minSimilarity: minSimilarity === undefined ? undefined : checks.of(toMinSimilarity, minSimilarity),
    params: checks.of(toParams, message.params),
    filter: checks.of(toFilter, message.filter, limits),
    allowPartial: message.allowPartial,
    include: toInclude(message, { metadata: false }),
    includeProfile: message.includeProfile,
  };
  checks.done();
  return request;
}

/** What it may be otherwise depends on the metric of the collection. */
function toMinSimilarity(value: number): number {
  if (!Number.isFinite(value)) throw invalidField("min_similarity", `is ${value}, must be finite`);
  return value;
}

function toQuery(query: SearchRequestMessage["query"], limits: Limits): SearchRequest["query"] {
  switch (query?.kind) {
    case "vector":
      return { kind: "vector", vector: toVector(query.vector, "vector") };
    case "record":
      return { kind: "record", record: toRecordRef(query.record, "record", limits) };
    default:
      throw invalidField("query", "one of vector and record must be set");
  }
}

function toParams(params: SearchParams): SearchParams {
  const { efSearch, oversampling, rescore, recallTarget } = params;
  const checks = new FieldChecks();
  if (efSearch !== undefined) checks.of(toNumberIn, efSearch, "params.ef_search", 1, 1000);
  if (oversampling !== undefined) checks.of(toNumberIn, oversampling, "params.oversampling", 1, 100);
  if (recallTarget !== undefined) {
    checks.of(toNumberIn, recallTarget, "params.recall_target", 0.5, 1);
    // A width that was chosen, or an index that chooses alone, has the recall that it has.
    if (efSearch !== undefined)
      checks.refuse("params.recall_target", "cannot be used together with params.ef_search");
    if (rescore === false)
      checks.refuse("params.recall_target", "cannot be used when params.rescore is false");
  }
  checks.done();
  return params;
}
