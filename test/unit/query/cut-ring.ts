/** Collections whose ring is cut at arbitrary hashes, and namespaces to look for in them. */
import fc from "fast-check";
import type { Collection, HashRange } from "../../../src/topology/shard-map.ts";

export const RING: HashRange = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/**
 * `cuts`: the first hash of every shard but the first, in any order. Groups are 1-4, by the shards' places.
 */
export function collectionCutAt(cuts: readonly number[], firstId = 102_000): Collection {
  const starts = [RING.min, ...cuts.toSorted((a, b) => a - b)];
  return {
    id: 7,
    name: "words",
    table: "c_7",
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
    shards: starts.map((min, index) => ({
      id: firstId + index,
      group: 1 + (index % 4),
      min,
      max: (starts[index + 1] ?? RING.max + 1) - 1,
    })),
  };
}

/** Where rings are cut: ranges of a single hash and of nearly all occur. */
export const anyCuts = fc.uniqueArray(
  fc.oneof(fc.integer({ min: RING.min + 1, max: RING.max }), fc.integer({ min: -3, max: 3 })),
  { maxLength: 40 },
);

export const anyNamespace = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });

export const anyNamespaces = fc.uniqueArray(anyNamespace, { minLength: 1, maxLength: 40 });
