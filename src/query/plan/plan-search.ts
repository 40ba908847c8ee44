/** What a search will do, decided before any node is asked. Pure. */
import { invalidField } from "../../errors.ts";
import { type Collection, checkDimension } from "../../topology/shard-map.ts";
import type { Filter, Include, SearchRequest } from "../types.ts";
import { comparableVector } from "./comparable-vector.ts";
import { indexedFilter } from "./indexed-filter.ts";
import { recallTargetOf } from "./recall-settings.ts";

export interface QueryLimits {
  readonly exactMaxRows: number;
  /** Of requests that set none; undefined: what their recall needs. */
  readonly efSearch?: number | undefined;
  readonly branchesPerStatement: number;
  readonly exactCountMaxRows: number;
}

export interface SearchPlan {
  readonly collection: Collection;
  /** As `comparableVector` makes it. */
  readonly vector: Float32Array;
  readonly topK: number;
  readonly minSimilarity: number | undefined;
  /** True: compare all rows in scope, whatever the estimates say. */
  readonly exact: boolean;
  readonly filter: Filter | undefined;
  /** The only namespace in scope; undefined: several. */
  readonly namespace: string | undefined;
  /** The recall wanted, 0.5-1. */
  readonly recallTarget: number;
  /** Given by the request, in place of what the recall wanted needs; for `topK` rows of one shard. */
  readonly efSearch: number | undefined;
  /** Likewise: candidates of a lossy index, as a multiple of the rows wanted. */
  readonly oversampling: number | undefined;
  /** Up to this many rows in scope are compared one by one. */
  readonly exactMaxRows: number;
  readonly include: Include;
}

/**
 * Throws INVALID_REQUEST when the vector does not fit the collection, `minSimilarity` does not fit its
 * metric, or the parameters contradict each other.
 */
export function planSearch(
  request: SearchRequest,
  vector: Float32Array,
  collection: Collection,
  limits: QueryLimits,
): SearchPlan {
  const { params, topK, scope } = request;
  checkDimension(vector, collection, "vector");
  if (collection.metric === "cosine" && Math.abs(request.minSimilarity ?? 0) > 1) {
    throw invalidField("min_similarity", `is ${request.minSimilarity}, must be -1 to 1 with metric cosine`);
  }
  if (params.rescore === false && params.oversampling !== undefined && params.oversampling !== 1) {
    throw invalidField("params.oversampling", "means nothing when params.rescore is false");
  }
  return {
    collection,
    vector: comparableVector(vector, collection, request.query.kind),
    topK,
    minSimilarity: request.minSimilarity,
    exact: params.exact === true,
    filter: request.filter && indexedFilter(request.filter, { collection, scope: scope.kind }),
    namespace: scope.kind === "namespaces" && scope.namespaces.length === 1 ? scope.namespaces[0] : undefined,
    recallTarget: params.recallTarget ?? recallTargetOf(collection),
    efSearch: params.efSearch ?? (params.recallTarget === undefined ? limits.efSearch : undefined),
    // Without rescoring the index chooses alone: the statement gets no more candidates than are wanted. It
    // orders them by exact distance in any case, as the merge over shards needs it.
    oversampling: params.rescore === false ? 1 : params.oversampling,
    exactMaxRows: limits.exactMaxRows,
    include: request.include,
  };
}
