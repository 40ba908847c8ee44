// Original file: proto/orrery/v1/types.proto

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact cosine inside the shard.
 */
export const Quantization = {
  /**
   * The default: QUANTIZATION_NONE.
   */
  QUANTIZATION_UNSPECIFIED: 'QUANTIZATION_UNSPECIFIED',
  /**
   * HNSW over float32.
   */
  QUANTIZATION_NONE: 'QUANTIZATION_NONE',
  /**
   * HNSW over float16 (halfvec): half the size.
   */
  QUANTIZATION_HALF: 'QUANTIZATION_HALF',
  /**
   * HNSW over one bit per dimension: a 32nd of the size, for vectors of several hundred dimensions.
   */
  QUANTIZATION_BINARY: 'QUANTIZATION_BINARY',
} as const;

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact cosine inside the shard.
 */
export type QuantizationInit =
  /**
   * The default: QUANTIZATION_NONE.
   */
  | 'QUANTIZATION_UNSPECIFIED'
  | 0
  /**
   * HNSW over float32.
   */
  | 'QUANTIZATION_NONE'
  | 1
  /**
   * HNSW over float16 (halfvec): half the size.
   */
  | 'QUANTIZATION_HALF'
  | 2
  /**
   * HNSW over one bit per dimension: a 32nd of the size, for vectors of several hundred dimensions.
   */
  | 'QUANTIZATION_BINARY'
  | 3

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact cosine inside the shard.
 */
export type QuantizationMessage = typeof Quantization[keyof typeof Quantization]
