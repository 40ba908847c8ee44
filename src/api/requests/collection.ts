import { invalidField } from "../../errors.ts";
import type { AdminApi } from "../../operations/types.ts";
import type { CollectionMessage } from "../../proto/generated/orrery/v1/Collection.ts";
import type { Metric, Quantization } from "../../topology/shard-map.ts";

type CollectionSpec = Parameters<AdminApi["createCollection"]>[0];

const DEFAULT_M = 16;
const DEFAULT_EF_CONSTRUCTION = 64;

const QUANTIZATIONS: Readonly<Record<string, Quantization | undefined>> = {
  QUANTIZATION_UNSPECIFIED: "none",
  QUANTIZATION_NONE: "none",
  QUANTIZATION_HALF: "half",
  QUANTIZATION_BINARY: "binary",
};

const METRICS: Readonly<Record<string, Metric | undefined>> = {
  METRIC_UNSPECIFIED: "cosine",
  METRIC_COSINE: "cosine",
  METRIC_L2: "l2",
  METRIC_INNER_PRODUCT: "inner_product",
};

/** The settings as they are asked for; whether an index can have them is for the engine to say. */
export function toCollectionSpec(message: CollectionMessage | null): CollectionSpec {
  if (message === null) throw invalidField("collection", "must be set");
  const { name, dimension, shardCount, hnsw } = message;
  const quantization = QUANTIZATIONS[message.quantization];
  if (quantization === undefined) {
    throw invalidField("collection.quantization", `${message.quantization} is not a Quantization`);
  }
  const metric = METRICS[message.metric];
  if (metric === undefined) throw invalidField("collection.metric", `${message.metric} is not a Metric`);
  const m = hnsw?.m ?? DEFAULT_M;
  return {
    name,
    dimension,
    metric,
    quantization,
    hnsw: { m, efConstruction: hnsw?.efConstruction ?? Math.max(DEFAULT_EF_CONSTRUCTION, 2 * m) },
    shardCount: shardCount === 0 ? undefined : shardCount,
  };
}
