import type { Metric, Quantization } from "../../topology/shard-map.ts";

/** Numbers of the enum `orrery.v1.Quantization`. */
export const QUANTIZATION_NUMBERS = { none: 1, half: 2, binary: 3 } as const satisfies Readonly<
  Record<Quantization, number>
>;

/** Numbers of the enum `orrery.v1.Metric`. */
export const METRIC_NUMBERS = { cosine: 1, l2: 2, inner_product: 3 } as const satisfies Readonly<
  Record<Metric, number>
>;

/** Numbers of the enum `orrery.v1.VectorIndexKind`. */
export const INDEX_NUMBERS = { hnsw: 1, none: 2 } as const;
