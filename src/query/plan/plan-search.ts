/** What a search will do, decided before any node is asked. Pure. */
import { invalidField } from "../../errors.ts";
import { type Collection, checkDimension, type Quantization } from "../../topology/shard-map.ts";
import type { Filter, Include, SearchRequest } from "../types.ts";
import { comparableVector } from "./comparable-vector.ts";
import { indexedFilter } from "./indexed-filter.ts";

export interface QueryLimits {
  readonly exactMaxRows: number;
  readonly efSearch: number;
  readonly branchesPerStatement: number;
  readonly exactCountMaxRows: number;
}

export interface SearchPlan {
  readonly collection: Collection;
  /** Of a length between 0.5 and 2. */
  readonly vector: Float32Array;
  readonly topK: number;
  readonly minSimilarity: number | undefined;
  /**
   * True: compare all rows in scope, whatever the estimates say. An index knows nothing of a filter, so a
   * scan of it may end before it has met enough rows that it holds for.
   */
  readonly exact: boolean;
  readonly filter: Filter | undefined;
  /** Rows to take from a lossy index of each shard before the exact order. */
  readonly candidates: number;
  readonly efSearch: number;
  /** Up to this many rows in scope are compared one by one. */
  readonly exactMaxRows: number;
  readonly include: Include;
}

/** pgvector's limit of `hnsw.ef_search`, and so of the rows one index scan returns in exact order. */
const MAX_EF_SEARCH = 1000;

/**
 * Default oversampling by index. An fp32 index orders by the exact distance, so it gains nothing from more
 * candidates; measured on bits: recall 0.971 at 4x, 0.999 at 8x.
 */
const DEFAULT_OVERSAMPLING: Readonly<Record<Quantization, number>> = { none: 1, half: 2, binary: 8 };

/**
 * Throws INVALID_REQUEST when the vector does not fit the collection or has no direction, or the parameters
 * contradict each other.
 */
export function planSearch(
  request: SearchRequest,
  vector: Float32Array,
  collection: Collection,
  limits: QueryLimits,
): SearchPlan {
  const { params, topK } = request;
  checkDimension(vector, collection, "vector");
  if (params.rescore === false && params.oversampling !== undefined && params.oversampling !== 1) {
    throw invalidField("params.oversampling", "means nothing when params.rescore is false");
  }
  // Without rescoring the index chooses alone: the statement gets no more candidates than are wanted. It
  // orders them by exact distance in any case, as the merge over shards needs it.
  const rescore = params.rescore ?? collection.quantization !== "none";
  const oversampling = rescore ? (params.oversampling ?? DEFAULT_OVERSAMPLING[collection.quantization]) : 1;
  const candidates = Math.min(Math.ceil(topK * oversampling), MAX_EF_SEARCH);
  return {
    collection,
    vector: comparableVector(vector, request.query.kind),
    topK,
    minSimilarity: request.minSimilarity,
    exact: params.exact === true || request.filter !== undefined,
    filter: request.filter && indexedFilter(request.filter, { collection, scope: request.scope.kind }),
    candidates,
    efSearch: Math.min(Math.max(params.efSearch ?? limits.efSearch, candidates), MAX_EF_SEARCH),
    exactMaxRows: limits.exactMaxRows,
    include: request.include,
  };
}
