// Original file: proto/orrery/v1/types.proto

/**
 * How a collection compares vectors, and so what a similarity is: always higher for what is nearer. Computed
 * in float32.
 */
export const Metric = {
  /**
   * The default: METRIC_COSINE.
   */
  METRIC_UNSPECIFIED: 'METRIC_UNSPECIFIED',
  /**
   * 1 - cosine distance: 1 is the same direction, -1 the opposite. Lengths do not matter.
   */
  METRIC_COSINE: 'METRIC_COSINE',
  /**
   * Minus the Euclidean distance: 0 is the same vector, everything else is below.
   */
  METRIC_L2: 'METRIC_L2',
  /**
   * The inner product: any number.
   */
  METRIC_INNER_PRODUCT: 'METRIC_INNER_PRODUCT',
} as const;

/**
 * How a collection compares vectors, and so what a similarity is: always higher for what is nearer. Computed
 * in float32.
 */
export type MetricInit =
  /**
   * The default: METRIC_COSINE.
   */
  | 'METRIC_UNSPECIFIED'
  | 0
  /**
   * 1 - cosine distance: 1 is the same direction, -1 the opposite. Lengths do not matter.
   */
  | 'METRIC_COSINE'
  | 1
  /**
   * Minus the Euclidean distance: 0 is the same vector, everything else is below.
   */
  | 'METRIC_L2'
  | 2
  /**
   * The inner product: any number.
   */
  | 'METRIC_INNER_PRODUCT'
  | 3

/**
 * How a collection compares vectors, and so what a similarity is: always higher for what is nearer. Computed
 * in float32.
 */
export type MetricMessage = typeof Metric[keyof typeof Metric]
