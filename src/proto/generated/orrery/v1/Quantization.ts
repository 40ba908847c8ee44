// Original file: proto/orrery/v1/types.proto

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact distance inside the shard.
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
   * HNSW over float16 (halfvec): half the size. With METRIC_COSINE of any vector; otherwise numbers nearer to
   * 0 than 6e-5 lose digits in the index, and those nearer than 6e-8 are 0 there.
   */
  QUANTIZATION_HALF: 'QUANTIZATION_HALF',
  /**
   * HNSW over one bit per dimension: a 32nd of the size, for vectors of several hundred dimensions. Bits keep
   * directions and no lengths: METRIC_COSINE only.
   */
  QUANTIZATION_BINARY: 'QUANTIZATION_BINARY',
} as const;

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact distance inside the shard.
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
   * HNSW over float16 (halfvec): half the size. With METRIC_COSINE of any vector; otherwise numbers nearer to
   * 0 than 6e-5 lose digits in the index, and those nearer than 6e-8 are 0 there.
   */
  | 'QUANTIZATION_HALF'
  | 2
  /**
   * HNSW over one bit per dimension: a 32nd of the size, for vectors of several hundred dimensions. Bits keep
   * directions and no lengths: METRIC_COSINE only.
   */
  | 'QUANTIZATION_BINARY'
  | 3

/**
 * How the index of a collection stores vectors. The table always keeps float32; a lossy index only finds
 * candidates, which are re-ranked by exact distance inside the shard.
 */
export type QuantizationMessage = typeof Quantization[keyof typeof Quantization]
