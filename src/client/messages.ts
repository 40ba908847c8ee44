/**
 * The messages of proto/orrery/v1 about records, as the client gives and takes them: names in camelCase,
 * 64-bit numbers as decimal strings, enums by name. Their meaning is explained in the proto.
 */

export interface Struct {
  readonly fields: Readonly<Record<string, StructValue>>;
}

export type StructValue =
  | { readonly nullValue: "NULL_VALUE" }
  | { readonly numberValue: number }
  | { readonly stringValue: string }
  | { readonly boolValue: boolean }
  | { readonly structValue: Struct }
  | { readonly listValue: { readonly values: readonly StructValue[] } };

export interface Timestamp {
  readonly seconds: string;
  readonly nanos: number;
}

export interface Status {
  readonly code: number;
  readonly message: string;
  readonly details?: readonly StatusDetail[];
}

/** One of google.rpc's ErrorInfo, BadRequest, RetryInfo and RequestInfo, by `@type`. */
export interface StatusDetail {
  readonly "@type": string;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
  readonly retryDelay?: { readonly seconds: string; readonly nanos: number };
  readonly requestId?: string;
}

export type Vector =
  | { readonly f32Le: Uint8Array }
  | { readonly floats: { readonly values: readonly number[] } };

export interface RecordRef {
  readonly namespace: string;
  readonly key: string;
}

export interface NewRecord extends RecordRef {
  readonly value?: string;
  readonly metadata?: Struct;
  readonly tags?: readonly string[];
  readonly vector?: Vector;
  readonly createdAt?: Timestamp;
  readonly version?: string;
}

export interface StoredRecord extends RecordRef {
  readonly value?: string;
  readonly metadata?: Struct;
  readonly tags: readonly string[];
  readonly vector: { readonly f32Le: Buffer } | null;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
  readonly version: string;
}

export interface RecordResult extends RecordRef {
  readonly version: string;
  readonly status: Status | null;
}

export interface Include {
  readonly includeValue?: boolean;
  readonly includeMetadata?: boolean;
  readonly includeVector?: boolean;
}

export interface SearchRequest extends Include {
  readonly collection?: string;
  readonly namespaces?: readonly string[];
  readonly allNamespaces?: boolean;
  readonly vector?: Vector;
  readonly record?: RecordRef;
  readonly topK?: number;
  readonly minSimilarity?: number;
  readonly params?: {
    readonly efSearch?: number;
    readonly exact?: boolean;
    readonly oversampling?: number;
    readonly rescore?: boolean;
  };
  readonly allowPartial?: boolean;
  readonly includeProfile?: boolean;
}

export interface Hit extends RecordRef {
  readonly similarity: number;
  readonly value: string;
  readonly metadata: Struct | null;
  readonly tags: readonly string[];
  readonly vector: { readonly f32Le: Buffer } | null;
}

export interface SearchResponse {
  readonly hits: readonly Hit[];
  readonly completeness: {
    readonly targetsTotal: number;
    readonly targetsOk: number;
    readonly complete: boolean;
    readonly failures: readonly {
      readonly shardId: string;
      readonly namespaces: readonly string[];
      readonly status: Status;
    }[];
  };
  readonly epoch: string;
  readonly timings: Readonly<Record<string, number>>;
  readonly profile: { readonly targets: readonly Readonly<Record<string, unknown>>[] } | null;
}

export type WriteModeName =
  | "WRITE_MODE_UPSERT"
  | "WRITE_MODE_INSERT"
  | "WRITE_MODE_UPDATE"
  | "WRITE_MODE_IF_VERSION";

export interface Collection {
  readonly name: string;
  readonly dimension: number;
  readonly quantization: string;
  readonly hnsw: { readonly m?: number; readonly efConstruction?: number } | null;
  readonly shardCount: number;
}

export interface Namespace {
  readonly name: string;
  readonly shardId: string;
  readonly groupId: number;
  readonly estimatedRows?: string;
  readonly estimatedBytes?: string;
  readonly rows?: string;
  readonly pinnedGroupId?: number;
}
