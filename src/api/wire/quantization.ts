import type { Quantization } from "../../topology/shard-map.ts";

/** Numbers of the enum `orrery.v1.Quantization`. */
export const QUANTIZATION_NUMBERS = { none: 1, half: 2, binary: 3 } as const satisfies Readonly<
  Record<Quantization, number>
>;
