import { invalidField } from "../../errors.ts";
import type { SearchParams, SearchRequest } from "../../query/types.ts";
import type { SearchRequestMessage } from "../wire/search-request.ts";
import { toFilter } from "./filter.ts";
import { toInclude } from "./include.ts";
import type { Limits } from "./limits.ts";
import { toCollection, toRecordRef, toScope } from "./names.ts";
import { toNumberIn } from "./numbers.ts";
import { toVector } from "./vector.ts";

const DEFAULT_TOP_K = 10;

/** Throws INVALID_REQUEST naming the first field that is wrong. */
export function toSearchRequest(message: SearchRequestMessage, limits: Limits): SearchRequest {
  const { topK, minSimilarity } = message;
  return {
    collection: toCollection(message.collection),
    scope: toScope(message, limits),
    query: toQuery(message.query, limits),
    topK: toNumberIn(topK ?? Math.min(DEFAULT_TOP_K, limits.topK), "top_k", 1, limits.topK),
    minSimilarity:
      minSimilarity === undefined ? undefined : toNumberIn(minSimilarity, "min_similarity", -1, 1),
    params: toParams(message.params),
    filter: toFilter(message.filter, limits),
    allowPartial: message.allowPartial,
    include: toInclude(message, { metadata: false }),
    includeProfile: message.includeProfile,
  };
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
  const { efSearch, oversampling } = params;
  if (efSearch !== undefined) toNumberIn(efSearch, "params.ef_search", 1, 1000);
  if (oversampling !== undefined) toNumberIn(oversampling, "params.oversampling", 1, 100);
  return params;
}
