/** What pgvector needs while it builds an HNSW index and while it scans one. Pure. */
import type { Quantization } from "../topology/shard-map.ts";
import type { KnownCollection } from "./known-cluster.ts";

/**
 * Memory of a row in the graph that a build holds, beside its vector and its links (measured with 100 and 384
 * dimensions, m 16 and 32, all quantizations: within one per cent). A link of the lowest layer has 16 bytes,
 * and each row has up to 2 m of them.
 */
const ROW_BYTES = 262;
const LINK_BYTES = 16;

/** Memory of a row that an iterative scan has visited (measured: 245). */
export const VISITED_ROW_BYTES = 250;

/** Bytes of `maintenance_work_mem` with which the index of a shard is built in memory. */
export function buildBytes({ dimension, quantization, hnsw }: KnownCollection, rows: number): number {
  return rows * (vectorBytes(dimension, quantization) + ROW_BYTES + 2 * hnsw.m * LINK_BYTES);
}

function vectorBytes(dimension: number, quantization: Quantization): number {
  switch (quantization) {
    case "none":
      return 4 * dimension + 8;
    case "half":
      return 2 * dimension + 8;
    case "binary":
      return Math.ceil(dimension / 8) + 8;
  }
}
