/**
 * Queries made of stored vectors: moved a little, since a stored vector lies on the graph of the index and is
 * found more easily than what users ask for. Pure.
 */
import type { Metric } from "../../topology/shard-map.ts";

/** How far in space the record is whose similarity to `vector` is `similarity`. */
export function distanceApart(vector: Float32Array, similarity: number, metric: Metric): number {
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  switch (metric) {
    case "cosine":
      // As if it were of the same length, which means nothing here.
      return Math.sqrt(Math.max(0, 2 * (1 - similarity) * squares));
    case "l2":
      return -similarity;
    case "inner_product":
      return Math.sqrt(Math.max(0, 2 * (squares - similarity)));
  }
}

/** The vector, moved by `length` into a random direction. `random`: 0 to 1. */
export function movedBy(vector: Float32Array, length: number, random: () => number): Float32Array {
  const direction = Float64Array.from(vector, () => normal(random));
  const size = Math.sqrt(direction.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value, index) => value + ((direction[index] ?? 0) * length) / (size || 1));
}

/** Box-Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
