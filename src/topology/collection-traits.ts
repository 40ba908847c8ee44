/**
 * What a collection may have that not every version of Orrery can serve: an earlier one would not fail, but
 * answer wrongly. So such a collection is kept apart from the others where earlier versions read them (by
 * `orrery.catalog()`, under the same condition, and in the stored map), and is not created while one of them
 * is alive. Pure.
 */
import type { Collection } from "./shard-map.ts";

/** `metric`: another one than cosine. */
export type CollectionTrait = "metric";

/** Those that this version serves; each coordinator announces its own. */
export const SERVED_TRAITS: readonly CollectionTrait[] = ["metric"];

/** Empty for a collection that every version can serve. */
export function traitsOf({ metric }: Pick<Collection, "metric">): readonly CollectionTrait[] {
  return metric === "cosine" ? [] : ["metric"];
}
