// Original file: proto/orrery/v1/types.proto

/**
 * The index over the vectors of a collection.
 */
export const VectorIndexKind = {
  /**
   * The default: VECTOR_INDEX_KIND_HNSW.
   */
  VECTOR_INDEX_KIND_UNSPECIFIED: 'VECTOR_INDEX_KIND_UNSPECIFIED',
  VECTOR_INDEX_KIND_HNSW: 'VECTOR_INDEX_KIND_HNSW',
  /**
   * None: every search compares all records in scope, and is exact. For small namespaces, and for vectors of
   * up to 16,000 dimensions.
   */
  VECTOR_INDEX_KIND_NONE: 'VECTOR_INDEX_KIND_NONE',
} as const;

/**
 * The index over the vectors of a collection.
 */
export type VectorIndexKindInit =
  /**
   * The default: VECTOR_INDEX_KIND_HNSW.
   */
  | 'VECTOR_INDEX_KIND_UNSPECIFIED'
  | 0
  | 'VECTOR_INDEX_KIND_HNSW'
  | 1
  /**
   * None: every search compares all records in scope, and is exact. For small namespaces, and for vectors of
   * up to 16,000 dimensions.
   */
  | 'VECTOR_INDEX_KIND_NONE'
  | 2

/**
 * The index over the vectors of a collection.
 */
export type VectorIndexKindMessage = typeof VectorIndexKind[keyof typeof VectorIndexKind]
