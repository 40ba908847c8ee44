/** The collection that the first migration creates, as the configuration has it. Pure. */
import type { Config } from "./schema.ts";

export const DEFAULT_COLLECTION = "memory_entries";

const DEFAULT_DIMENSION = 384;

export function defaultDimension({ collection }: Pick<Config, "collection">): number {
  return collection.defaultDimension ?? DEFAULT_DIMENSION;
}

/**
 * Why the dimension that is configured has no effect; undefined when none is, or it is that of the
 * collection. `present`: dimension of the collection that exists; undefined: there is none.
 */
export function whyDimensionUnused(
  { collection: { defaultDimension: wanted } }: Pick<Config, "collection">,
  present: number | undefined,
): string | undefined {
  if (wanted === undefined || present === undefined || wanted === present) return undefined;
  return `collection.defaultDimension is ${wanted}, but ${DEFAULT_COLLECTION} has ${present} dimensions and keeps them: remove the setting, or delete the collection and create it again`;
}
