/** Collections as the API shows them. Pure. */
import type { CollectionInit } from "../../proto/generated/orrery/v1/Collection.ts";
import type { FieldTypeInit } from "../../proto/generated/orrery/v1/FieldType.ts";
import type { FilterInit } from "../../proto/generated/orrery/v1/Filter.ts";
import type { FilterIndexInit } from "../../proto/generated/orrery/v1/FilterIndex.ts";
import type { Collection } from "../../topology/shard-map.ts";
import { fromStoredFilter } from "../../topology/stored-filter.ts";
import { INDEX_NUMBERS, METRIC_NUMBERS, QUANTIZATION_NUMBERS } from "../wire/kinds.ts";
import { toFilterInit, toPathText } from "./filter.ts";

type FilterIndex = NonNullable<NonNullable<Collection["settings"]>["filterIndexes"]>[number];

const TYPES: Readonly<Record<FilterIndex["fields"][number]["type"], FieldTypeInit>> = {
  string: "FIELD_TYPE_STRING",
  number: "FIELD_TYPE_NUMBER",
  bool: "FIELD_TYPE_BOOL",
  time: "FIELD_TYPE_TIME",
};

/** `lacks`: as Collection.lacks. */
export function toCollectionMessage(collection: Collection, lacks: readonly string[]): CollectionInit {
  const { name, dimension, metric, quantization, hnsw, shards, settings = {} } = collection;
  return {
    name,
    dimension,
    metric: METRIC_NUMBERS[metric],
    index: INDEX_NUMBERS[collection.settings?.index === "none" ? "none" : "hnsw"],
    quantization: QUANTIZATION_NUMBERS[quantization],
    hnsw: { m: hnsw.m, efConstruction: hnsw.efConstruction },
    shardCount: shards.length,
    filterIndexes: (settings.filterIndexes ?? []).map(toFilterIndexInit),
    ...(settings.recallTarget !== undefined && { recallTarget: settings.recallTarget }),
    inlineVectors: settings.storage === "inline",
    lacks: [...lacks],
  };
}

function toFilterIndexInit({ name, fields, where }: FilterIndex): FilterIndexInit {
  return {
    name,
    fields: fields.map(({ path, type }) => ({ path: toPathText(path), type: TYPES[type] })),
    where: where === undefined ? null : whereOf(where),
  };
}

function whereOf(where: NonNullable<FilterIndex["where"]>): FilterInit {
  return toFilterInit(fromStoredFilter(where));
}
