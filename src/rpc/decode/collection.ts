import { invalidField } from "../../errors.ts";
import type { AdminApi } from "../../operations/types.ts";
import type { Quantization } from "../../topology/shard-map.ts";
import { toCollectionName } from "./names.ts";
import { toNumberIn } from "./numbers.ts";

type CollectionSpec = Parameters<AdminApi["createCollection"]>[0];

/** Collection as proto-loader decodes it. */
export interface CollectionMessage {
  readonly name: string;
  readonly dimension: number;
  readonly quantization: string;
  readonly hnsw: { readonly m?: number; readonly ef_construction?: number } | null;
  readonly shard_count: number;
}

const QUANTIZATIONS: Readonly<Record<string, Quantization>> = {
  QUANTIZATION_UNSPECIFIED: "none",
  QUANTIZATION_NONE: "none",
  QUANTIZATION_HALF: "half",
  QUANTIZATION_BINARY: "binary",
};

/** Most dimensions that pgvector can index, and that a row can hold. */
const MAX_DIMENSION: Readonly<Record<Quantization, number>> = { none: 2000, half: 4000, binary: 16_000 };

/** Throws INVALID_REQUEST naming the first field that is wrong. */
export function toCollectionSpec(message: CollectionMessage | null): CollectionSpec {
  if (message === null) throw invalidField("collection", "must be set");
  const quantization = QUANTIZATIONS[message.quantization];
  if (quantization === undefined) {
    throw invalidField("collection.quantization", `${message.quantization} is not a Quantization`);
  }
  const m = toNumberIn(message.hnsw?.m ?? 16, "collection.hnsw.m", 2, 100);
  return {
    name: toCollectionName(message.name, "collection.name"),
    dimension: toNumberIn(message.dimension, "collection.dimension", 1, MAX_DIMENSION[quantization]),
    quantization,
    hnsw: {
      m,
      efConstruction: toNumberIn(
        message.hnsw?.ef_construction ?? Math.max(64, 2 * m),
        "collection.hnsw.ef_construction",
        Math.max(4, 2 * m),
        1000,
      ),
    },
    shardCount:
      message.shard_count === 0
        ? undefined
        : toNumberIn(message.shard_count, "collection.shard_count", 1, 1024),
  };
}
