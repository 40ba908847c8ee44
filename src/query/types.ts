/** The values that pass from one stage of a read to the next, and what the stages need from outside. */
import type { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { MemoryAccount } from "../lib/memory-budget.ts";
import type { Trace } from "../lib/trace.ts";
import type { Filter } from "../shards/sql/filter.ts";
import type { ShardStatistics } from "../shards/sql/statistics.ts";
import type { Collection, GroupId, Quantization, ShardId } from "../topology/shard-map.ts";

export type { Filter, FilterValue, MetadataCondition } from "../shards/sql/filter.ts";

/** Which namespaces a request is about. */
export type Scope =
  | { readonly kind: "namespaces"; readonly namespaces: readonly string[] }
  | { readonly kind: "all" };

export interface RecordRef {
  readonly namespace: string;
  readonly key: string;
}

export interface Include {
  readonly value: boolean;
  readonly metadata: boolean;
  readonly vector: boolean;
}

export interface SearchParams {
  /** Size of the candidate list of the HNSW scan, 1-1,000. */
  readonly efSearch?: number;
  readonly exact?: boolean;
  /** Candidates fetched from a lossy index, as a multiple of top_k; >= 1. */
  readonly oversampling?: number;
  /**
   * Fetch more candidates than `topK` from a lossy index and choose by exact distance among them; false: the
   * index chooses alone. Unset, the server decides by the index.
   */
  readonly rescore?: boolean;
  /** The mean recall wanted, 0.5-1; 1: exact. Not beside `efSearch`. Unset: the collection's. */
  readonly recallTarget?: number;
}

export interface SearchRequest {
  readonly collection: string;
  readonly scope: Scope;
  readonly query:
    | { readonly kind: "vector"; readonly vector: Float32Array }
    | { readonly kind: "record"; readonly record: RecordRef };
  readonly topK: number;
  readonly minSimilarity?: number;
  readonly params: SearchParams;
  readonly filter?: Filter | undefined;
  readonly allowPartial: boolean;
  readonly include: Include;
  readonly includeProfile: boolean;
}

/** How one request runs: passed to every stage. `signal.reason` is the OrreryError that the caller gets. */
export interface RequestContext {
  readonly signal: Cancellation;
  readonly requestId: string;
  /** undefined: the request is not traced. */
  readonly trace?: Trace | undefined;
  /** What the request holds; undefined: it is not counted. */
  readonly memory?: MemoryAccount | undefined;
  /** The most bytes that the answer may have; undefined: any number. */
  readonly maxAnswerBytes?: number | undefined;
}

/** Fields that were not asked for, or that the record lacks, are undefined; `metadata` is JSON text. */
export interface Hit {
  readonly namespace: string;
  readonly key: string;
  /** By the metric of the collection (shards/sql/distance.ts); higher is nearer. */
  readonly similarity: number;
  readonly value?: string | undefined;
  readonly metadata?: string | undefined;
  readonly tags?: readonly string[];
  readonly vector?: Float32Array;
}

export interface TargetFailure {
  readonly shardId: ShardId;
  /** Namespaces this target was asked for; empty when all of them were. */
  readonly namespaces: readonly string[];
  readonly error: OrreryError;
}

export interface Completeness {
  readonly targetsTotal: number;
  readonly targetsOk: number;
  readonly failures: readonly TargetFailure[];
}

/** Milliseconds spent in the stages of one request. */
export interface Timings {
  readonly planMs: number;
  /** Of `scatterMs`: the longest wait for a connection. */
  readonly queueMs?: number;
  readonly scatterMs: number;
  readonly mergeMs: number;
  readonly totalMs: number;
}

export type Strategy = "exact" | "ann";

/**
 * Why a target was searched the way it was.
 *
 *   exact:  asked          by the request
 *           recall         no index reaches the recall wanted
 *           few_rows       comparing them costs little more than the index
 *           short, far     an index scan before found too few, or perhaps not the nearest
 *   ann:    index          expected to cost less
 *           probe          a short scan, as the rows may be near the query; else they are compared
 *           no_statistics  it is not known how many rows there are
 */
export type SearchReason =
  | "asked"
  | "no_index"
  | "recall"
  | "few_rows"
  | "short"
  | "far"
  | "index"
  | "probe"
  | "no_statistics";

/** How one target was searched, for `include_profile`. */
export interface TargetProfile {
  readonly shardId: ShardId;
  readonly group: GroupId;
  readonly strategy: Strategy;
  readonly reason: SearchReason;
  readonly quantization: Quantization;
  /** 0 where no index was used, and so `candidates`. */
  readonly efSearch: number;
  readonly candidates: number;
  /** That the index returned, of which some met scope and filter; 0 where none was bounded. */
  readonly scanned: number;
  readonly rows: number;
  readonly attempts: number;
  /** 2 when the first answer was short of rows, or may have been undersampled. */
  readonly rounds: 1 | 2 | 3;
  readonly elapsedMs: number;
  /** Undefined where the request sets `efSearch`. */
  readonly recallTarget: number | undefined;
  /** Estimated, 0-1; undefined before the first measurement. */
  readonly expectedRecall: number | undefined;
}

export interface SearchResult {
  readonly hits: readonly Hit[];
  readonly completeness: Completeness;
  readonly epoch: number;
  readonly timings: Timings;
  readonly profile: readonly TargetProfile[];
  /**
   * Whether an index leads to the records of the filter; absent without a filter or a wish for the profile.
   */
  readonly filterIndexed?: boolean;
}

/**
 * A stored record. `vector` and the fields of `Include` are set when asked for. Times: microseconds since
 * 1970.
 */
export interface StoredRecord {
  readonly namespace: string;
  readonly key: string;
  readonly value?: string | undefined;
  readonly metadata?: string | undefined;
  readonly tags?: readonly string[];
  readonly vector?: Float32Array;
  readonly createdAtUs: bigint;
  readonly updatedAtUs: bigint;
  readonly version: bigint;
}

export interface GetRequest {
  readonly collection: string;
  readonly records: readonly RecordRef[];
  readonly include: Include;
}

export interface ListRequest {
  readonly collection: string;
  readonly namespace: string;
  readonly pageSize: number;
  /** The page ends before the record that makes it larger, but has at least one; undefined: any size. */
  readonly pageBytes?: number;
  /** Keys greater than this one, by UTF-8 bytes; undefined starts at the first. */
  readonly afterKey?: string;
  readonly filter?: Filter | undefined;
  readonly include: Include;
}

export interface ListResult {
  readonly records: readonly StoredRecord[];
  /** The key to go on after; undefined on the last page. */
  readonly nextAfterKey?: string;
}

export interface CountRequest {
  readonly collection: string;
  readonly scope: Scope;
  readonly filter?: Filter | undefined;
}

export interface CountResult {
  readonly count: bigint;
  readonly exact: boolean;
}

export interface MeasureRecallRequest {
  /** Its query does not count; at most 100 rows wanted. */
  readonly search: SearchRequest;
  /** Queries; none: stored vectors that are moved a little. */
  readonly vectors: readonly Float32Array[];
  /** How many stored ones, of each namespace or of all. */
  readonly samples: number;
  /** After so long no further query begins. */
  readonly maxMs: number;
}

/** What a number of searches found of the nearest records. */
export interface RecallSummary {
  /** Undefined: of all. */
  readonly namespace: string | undefined;
  readonly queries: number;
  /** 0-1, as are the next. */
  readonly mean: number;
  /** One query in a hundred found less. */
  readonly p1: number;
  readonly minimum: number;
  /** Answers with fewer hits than the exact one. */
  readonly shortAnswers: number;
}

export interface MeasuredRecall {
  /** Undefined: nothing was measured. */
  readonly total: RecallSummary | undefined;
  readonly namespaces: readonly RecallSummary[];
  /** False: the time was up. */
  readonly complete: boolean;
}

/** One namespace as ListNamespaces shows it. */
export interface NamespaceInfo {
  readonly namespace: string;
  readonly shardId: ShardId;
  readonly group: GroupId;
  /** Rows as PostgreSQL's statistics estimate them; undefined where there are no statistics. */
  readonly estimatedRows?: number;
}

/**
 * The read side, as the API calls it. Errors are OrreryErrors; a collection that is not there is
 * COLLECTION_NOT_FOUND.
 */
export interface QueryApi {
  /**
   * RECORD_NOT_FOUND when a "like this record" query names none. Without `allowPartial` a missing target is
   * an error.
   */
  search(request: SearchRequest, context: RequestContext): Promise<SearchResult>;
  /** In the order of the request; missing records are absent. */
  get(request: GetRequest, context: RequestContext): Promise<readonly StoredRecord[]>;
  list(request: ListRequest, context: RequestContext): Promise<ListResult>;
  count(request: CountRequest, context: RequestContext): Promise<CountResult>;
  /** Reads every record in scope once for each query. */
  measureRecall(request: MeasureRecallRequest, context: RequestContext): Promise<MeasuredRecall>;
  /** Names in UTF-8 byte order, greater than `after`, at most `limit`. Reads the index of every shard. */
  listNamespaces(
    request: { readonly collection: string; readonly after?: string; readonly limit: number },
    context: RequestContext,
  ): Promise<readonly NamespaceInfo[]>;
  /** NAMESPACE_NOT_FOUND when it has no records. */
  getNamespace(
    request: { readonly collection: string; readonly namespace: string },
    context: RequestContext,
  ): Promise<
    NamespaceInfo & { readonly rows: bigint; readonly exact: boolean; readonly estimatedBytes: bigint }
  >;
}

/** What PostgreSQL's statistics say of the columns that filters are about. */
export type ColumnStatistics = Pick<ShardStatistics, "tags" | "createdAtUs">;

/** Estimated rows, from PostgreSQL's own statistics; undefined where there are none. */
export interface RowEstimates {
  shardRows(collection: Collection, shard: ShardId): number | undefined;
  shardKeyRows(collection: Collection, shard: ShardId, shardKey: string): number | undefined;
  /** Absent: there never are any. */
  columns?(collection: Collection, shard: ShardId): ColumnStatistics | undefined;
}

/** How a fenced read names a shard; see `Engine`. */
export interface ReadRelations {
  readRelation(collection: Collection, shard: ShardId): string;
  isHere?(shard: ShardId): string;
}

/** How a target is read: the strategy of a search, or another kind of read. */
export type QueryType = Strategy | "get" | "list" | "count" | "other";
