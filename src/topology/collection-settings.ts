/**
 * What may be chosen for a collection beyond its table, as the catalogs keep it. A field that is absent has
 * the value from before there was a choice. Pure.
 */
import { z } from "zod";

const filterField = z.object({
  /** Names of metadata fields from the outside in. */
  path: z.array(z.string().min(1)).min(1).max(16),
  type: z.enum(["string", "number", "bool", "time"]),
});

const collectionSettings = z.object({
  /** The recall that searches get which ask for none, 0.5-1; 1: exact. */
  recallTarget: z.number().min(0.5).max(1).optional(),
  /** Indexes of metadata, each of one or more fields. */
  filterIndexes: z
    .array(
      z.object({
        name: z.string().min(1).max(63),
        fields: z.array(filterField).min(1).max(8),
        /** A filter in proto JSON: only records that it holds for are in the index. */
        where: z.unknown().optional(),
      }),
    )
    .max(64)
    .optional(),
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

/** What a newer version added is left out. Throws ZodError on what cannot be settings. */
export function decodeCollectionSettings(json: unknown): CollectionSettings {
  return collectionSettings.parse(json);
}
