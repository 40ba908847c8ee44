/**
 * Which index of a collection each condition of a filter is to use. Pure.
 *
 * Only conditions that stand where true alone counts, below an even number of `not`: there one may be false
 * where it was unknown, as it is when an index does not have the record.
 */
import type { Collection } from "../../topology/shard-map.ts";
import { fromStoredFilter, type StoredFilter } from "../../topology/stored-filter.ts";
import type { Filter, FilterValue, MetadataCondition, Scope } from "../types.ts";

type FilterIndex = NonNullable<NonNullable<Collection["settings"]>["filterIndexes"]>[number];
type FieldType = FilterIndex["fields"][number]["type"];

const FIELD_TYPES: readonly FieldType[] = ["string", "time", "number", "bool"];
/** What an index can be asked for at once; each value is a search of it. */
const MAX_DOCUMENT_VALUES = 32;

export interface FilteredCollection {
  readonly collection: Pick<Collection, "settings">;
  /** Indexes of fields begin with the namespace. */
  readonly scope: Scope["kind"];
}

/** The same filter, for statements that look for what it holds for and do not walk the vector index. */
export function indexedFilter(filter: Filter, { collection, scope }: FilteredCollection): Filter {
  const { filterIndexes = [], recordIndexes = [] } = collection.settings ?? {};
  const conjuncts = conjunctsOf(filter);
  const partial = partialFor(filter, collection);
  const usable = [...filterIndexes.filter(({ where }) => where === undefined), ...partial];
  const fields = scope === "namespaces" ? fieldsOf(usable, conjuncts) : new Set<string>();
  const indexed = mark(filter, true, { fields, hasDocument: recordIndexes.includes("metadata") });
  if (scope === "all" || partial.length === 0) return indexed;
  // In the words of the index, so that PostgreSQL sees that it may be used; they say nothing new.
  return {
    kind: "and",
    filters: [indexed, ...partial.flatMap(({ where }) => (where ? [fromStoredFilter(where)] : []))],
  };
}

/**
 * Whether an index leads to the records that the filter holds for, so that no others need to be read; of
 * those that lead to some more of them, PostgreSQL chooses.
 */
export function filterUsesIndex(filter: Filter, filtered: FilteredCollection): boolean {
  if (filtered.scope === "namespaces" && partialFor(filter, filtered.collection).length > 0) return true;
  return leads(indexedFilter(filter, filtered), true, filtered);
}

function leads(filter: Filter, isPositive: boolean, filtered: FilteredCollection): boolean {
  switch (filter.kind) {
    case "and":
    case "or": {
      const each = (one: Filter) => leads(one, isPositive, filtered);
      // A negated `or` is an `and` of what is negated.
      return (filter.kind === "and") === isPositive ? filter.filters.some(each) : filter.filters.every(each);
    }
    case "not":
      return leads(filter.filter, !isPositive, filtered);
    case "tags":
      return isPositive && hasRecordIndex("tags", filtered);
    case "time":
      return (
        isPositive &&
        filtered.scope === "namespaces" &&
        filter.field === "created_at" &&
        hasRecordIndex("created_at", filtered)
      );
    case "keyPrefix":
      return isPositive && filtered.scope === "namespaces";
    default:
      return filter.index !== undefined;
  }
}

function hasRecordIndex(index: "tags" | "created_at", { collection }: FilteredCollection): boolean {
  return collection.settings?.recordIndexes?.includes(index) === true;
}

interface Indexes {
  /** `fieldKey` of those whose index leads to records. */
  readonly fields: ReadonlySet<string>;
  readonly hasDocument: boolean;
}

function mark(filter: Filter, isPositive: boolean, indexes: Indexes): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map((one) => mark(one, isPositive, indexes)) };
    case "not":
      return { kind: "not", filter: mark(filter.filter, !isPositive, indexes) };
    case "tags":
    case "time":
    case "keyPrefix":
      return filter;
    default: {
      const index = isPositive ? indexFor(filter, indexes) : undefined;
      return index === undefined ? filter : { ...filter, index };
    }
  }
}

function indexFor(condition: MetadataCondition, indexes: Indexes): MetadataCondition["index"] {
  const { path } = condition;
  const values = valuesOf(condition);
  const inField = FIELD_TYPES.find(
    (type) => indexes.fields.has(fieldKey(path, type)) && values.every((value) => isOfType(value, type)),
  );
  const isEquality = condition.kind === "eq" || condition.kind === "in";
  if (values.length > 0 && condition.kind !== "contains" && condition.kind !== "ne" && inField !== undefined)
    return inField;
  const inDocument =
    indexes.hasDocument &&
    (isEquality || condition.kind === "contains") &&
    values.length <= MAX_DOCUMENT_VALUES &&
    !path.some(mayBeItem);
  return inDocument ? "document" : undefined;
}

/** Of `exists` none. */
function valuesOf(condition: MetadataCondition): readonly FilterValue[] {
  if (condition.kind === "in") return condition.values;
  return condition.kind === "exists" ? [] : [condition.value];
}

function isOfType(value: FilterValue, type: FieldType): boolean {
  if (type === "number") return typeof value === "number";
  return type === "bool" ? typeof value === "boolean" : typeof value === "string";
}

/** PostgreSQL takes such a name for the place of an item where the value is a list. */
function mayBeItem(name: string): boolean {
  return /^\s*[-+]?\d/.test(name);
}

/** The first field of each index, and each further one while those before it are given by an equality. */
function fieldsOf(indexes: readonly FilterIndex[], conjuncts: readonly Filter[]): ReadonlySet<string> {
  const given = new Set(conjuncts.flatMap(equalFieldKeys));
  const usable = new Set<string>();
  for (const { fields } of indexes) {
    for (const { path, type } of fields) {
      const key = fieldKey(path, type);
      usable.add(key);
      if (!given.has(key)) break;
    }
  }
  return usable;
}

function equalFieldKeys(filter: Filter): readonly string[] {
  if (filter.kind !== "eq" && filter.kind !== "in") return [];
  const values = valuesOf(filter);
  return FIELD_TYPES.filter((type) => values.every((value) => isOfType(value, type))).map((type) =>
    fieldKey(filter.path, type),
  );
}

function fieldKey(path: readonly string[], type: FieldType): string {
  return JSON.stringify([type, ...path]);
}

/** What must all hold. */
function conjunctsOf(filter: Filter): readonly Filter[] {
  return filter.kind === "and" ? filter.filters.flatMap(conjunctsOf) : [filter];
}

/** The partial indexes that have all records that the filter holds for. */
function partialFor(filter: Filter, { settings }: FilteredCollection["collection"]): readonly FilterIndex[] {
  const partial = settings?.filterIndexes?.filter(({ where }) => where !== undefined) ?? [];
  if (partial.length === 0) return partial;
  const words = new Set(conjunctsOf(filter).map(wordsOf));
  return partial.filter(({ where }) => where !== undefined && isPart(where, words));
}

function isPart(where: StoredFilter, words: ReadonlySet<string>): boolean {
  return conjunctsOf(fromStoredFilter(where)).every((one) => words.has(wordsOf(one)));
}

/** The same text for the same filter. */
function wordsOf(filter: Filter): string {
  return JSON.stringify(filter, (_, value) => {
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
