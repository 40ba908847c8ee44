/**
 * What may be chosen for a collection beyond its table, as the catalogs keep it. A field that is absent has
 * the value from before there was a choice. Pure.
 */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { StoredFilter } from "./stored-filter.ts";

const path = z.array(z.string().min(1)).min(1).max(16);
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const filterField = z.object({
  /** Names of metadata fields from the outside in. */
  path,
  /** Of the values that are in the index; `time`: texts as in 2026-01-31T12:00:00Z. */
  type: z.enum(["string", "number", "bool", "time"]),
});

const microseconds = z.string().regex(/^-?\d{1,18}$/);
const storedCondition = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["eq", "ne", "contains"]), path, value: scalar }),
  z.object({ kind: z.literal("in"), path, values: z.array(scalar).min(1).max(1000) }),
  z.object({ kind: z.enum(["gt", "gte", "lt", "lte"]), path, value: z.union([z.string(), z.number()]) }),
  z.object({ kind: z.literal("exists"), path }),
  z.object({ kind: z.literal("prefix"), path, value: z.string() }),
  z.object({ kind: z.literal("tags"), match: z.enum(["any", "all"]), tags: z.array(z.string()).min(1) }),
  z.object({
    kind: z.literal("time"),
    field: z.enum(["created_at", "updated_at"]),
    fromUs: microseconds.optional(),
    untilUs: microseconds.optional(),
  }),
  z.object({ kind: z.literal("keyPrefix"), prefix: z.string() }),
]);

const storedFilter: z.ZodType<StoredFilter> = z.lazy(() =>
  z.union([
    z.object({ kind: z.enum(["and", "or"]), filters: z.array(storedFilter).min(1) }),
    z.object({ kind: z.literal("not"), filter: storedFilter }),
    storedCondition,
  ]),
);

const collectionSettings = z.object({
  /** The recall that searches get which ask for none, 0.5-1; 1: exact. */
  recallTarget: z.number().min(0.5).max(1).optional(),
  /** Indexes of metadata, each of one or more fields. */
  filterIndexes: z
    .array(
      z.object({
        name: z.string().min(1).max(63),
        fields: z.array(filterField).min(1).max(8),
        /** Only records that it holds for are in the index. */
        where: storedFilter.optional(),
      }),
    )
    .max(64)
    .optional(),
  /** What else of a record has an index: all metadata, the tags, the time of creation. */
  recordIndexes: z.array(z.enum(["metadata", "tags", "created_at"])).optional(),
  /** Whether vectors are in the row itself, or may be moved out of it (TOAST), as by default. */
  storage: z.enum(["inline"]).optional(),
  /** By shard id: what the index of a shard was built with, where that is not the collection's `hnsw`. */
  graphs: z.record(z.string(), z.object({ m: z.number(), efConstruction: z.number() })).optional(),
  /** Absent: HNSW. */
  index: z.enum(["ivfflat", "none"]).optional(),
});

export type CollectionSettings = z.infer<typeof collectionSettings>;
export type FilterIndex = NonNullable<CollectionSettings["filterIndexes"]>[number];
export type FilterField = FilterIndex["fields"][number];
export type RecordIndex = NonNullable<CollectionSettings["recordIndexes"]>[number];

/** Of every new collection. */
const NEW_RECORD_INDEXES: readonly RecordIndex[] = ["metadata", "tags", "created_at"];
/** Of float32 dimensions, with room for what a row has besides: its keys, three times, and its times. */
const MAX_INLINE_DIMENSION = 1900;

/** What a new collection gets beside what was chosen for it. */
export function settingsOfNew(dimension: number, chosen: CollectionSettings = {}): CollectionSettings {
  return {
    ...chosen,
    recordIndexes: [...NEW_RECORD_INDEXES],
    ...(dimension <= MAX_INLINE_DIMENSION && { storage: "inline" }),
  };
}

/** What a new collection would have and one of these settings lacks. */
export function missingSettings(
  dimension: number,
  settings: CollectionSettings = {},
): Pick<CollectionSettings, "recordIndexes" | "storage"> {
  const { recordIndexes = [], storage } = settingsOfNew(dimension);
  const missing = recordIndexes.filter((index) => settings.recordIndexes?.includes(index) !== true);
  return {
    ...(missing.length > 0 && { recordIndexes: missing }),
    ...(storage !== settings.storage && { storage }),
  };
}

/** What is added or changed, and the names of filter indexes that go. */
export interface SettingsChange
  extends Pick<CollectionSettings, "filterIndexes" | "recordIndexes" | "recallTarget" | "storage"> {
  readonly droppedFilterIndexes?: readonly string[];
}

/** The same change again changes nothing. */
export function changedSettings(settings: CollectionSettings, change: SettingsChange): CollectionSettings {
  const { filterIndexes: added = [], recordIndexes = [], droppedFilterIndexes = [], ...others } = change;
  const gone = new Set([...droppedFilterIndexes, ...added.map(({ name }) => name)]);
  const filterIndexes = [...(settings.filterIndexes ?? []).filter(({ name }) => !gone.has(name)), ...added];
  const { filterIndexes: _, ...rest } = settings;
  return {
    ...rest,
    ...others,
    ...(filterIndexes.length > 0 && { filterIndexes }),
    recordIndexes: [...new Set([...(settings.recordIndexes ?? []), ...recordIndexes])],
  };
}

/** Those that are chosen for a collection, and not given to all that are made. */
export function sameChoice(a: CollectionSettings = {}, b: CollectionSettings = {}): boolean {
  const chosenOf = ({ recallTarget, index, filterIndexes = [] }: CollectionSettings) => ({
    recallTarget,
    index,
    filterIndexes: filterIndexes.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  });
  return isDeepStrictEqual(chosenOf(a), chosenOf(b));
}

/** What a newer version added is left out. Throws ZodError on what cannot be settings. */
export function decodeCollectionSettings(json: unknown): CollectionSettings {
  return collectionSettings.parse(json);
}
