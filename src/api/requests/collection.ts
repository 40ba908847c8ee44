import { invalidField } from "../../errors.ts";
import type { AdminApi, UpdateRequest } from "../../operations/types.ts";
import type { CollectionMessage } from "../../proto/generated/orrery/v1/Collection.ts";
import type { UpdateCollectionRequestMessage } from "../../proto/generated/orrery/v1/UpdateCollectionRequest.ts";
import type { Metric, Quantization } from "../../topology/shard-map.ts";
import { toFilterIndexes, toRecallTarget } from "./filter-index.ts";
import type { Limits } from "./limits.ts";
import { toCollectionName } from "./names.ts";

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

const INDEXES: Readonly<Record<string, "hnsw" | "none" | undefined>> = {
  VECTOR_INDEX_KIND_UNSPECIFIED: "hnsw",
  VECTOR_INDEX_KIND_HNSW: "hnsw",
  VECTOR_INDEX_KIND_NONE: "none",
};

/** The settings as they are asked for; whether an index can have them is for the engine to say. */
export function toCollectionSpec(message: CollectionMessage | null, limits: Limits): CollectionSpec {
  if (message === null) throw invalidField("collection", "must be set");
  const { name, dimension, shardCount, hnsw, inlineVectors, lacks } = message;
  if (inlineVectors) throw invalidField("collection.inline_vectors", "is output only");
  if (lacks.length > 0) throw invalidField("collection.lacks", "is output only");
  const filterIndexes = toFilterIndexes(message.filterIndexes, "collection.filter_indexes", limits);
  const recallTarget = toRecallTarget(message.recallTarget, "collection.recall_target");
  const quantization = QUANTIZATIONS[message.quantization];
  if (quantization === undefined) {
    throw invalidField("collection.quantization", `${message.quantization} is not a Quantization`);
  }
  const metric = METRICS[message.metric];
  if (metric === undefined) throw invalidField("collection.metric", `${message.metric} is not a Metric`);
  const index = INDEXES[message.index];
  if (index === undefined)
    throw invalidField("collection.index", `${message.index} is not a VectorIndexKind`);
  const m = hnsw?.m ?? DEFAULT_M;
  return {
    name,
    dimension,
    metric,
    quantization,
    hnsw: { m, efConstruction: hnsw?.efConstruction ?? Math.max(DEFAULT_EF_CONSTRUCTION, 2 * m) },
    shardCount: shardCount === 0 ? undefined : shardCount,
    ...((filterIndexes.length > 0 || recallTarget !== undefined || index === "none") && {
      settings: {
        ...(index === "none" && { index }),
        ...(filterIndexes.length > 0 && { filterIndexes: [...filterIndexes] }),
        ...(recallTarget !== undefined && { recallTarget }),
      },
    }),
  };
}

/** Whether the collection can be changed so is for the operation to say. */
export function toUpdate(message: UpdateCollectionRequestMessage, limits: Limits): UpdateRequest {
  const { name, addFilterIndexes, dropFilterIndexes, recallTarget, complete } = message;
  return {
    name: toCollectionName(name, "name"),
    addFilterIndexes: toFilterIndexes(addFilterIndexes, "add_filter_indexes", limits),
    dropFilterIndexes: [...new Set(dropFilterIndexes)],
    recallTarget: toRecallTarget(recallTarget, "recall_target"),
    complete,
  };
}
