/** What every map must hold before anything is routed by it. Pure. */
import type { Catalog, Collection, InvalidCollection } from "./shard-map.ts";

const RING_START = -(2 ** 31);
const RING_END = 2 ** 31 - 1;

/**
 * What is wrong with the shards of a collection: they must be sorted, cover the whole ring without gaps or
 * overlaps, and each be placed once. undefined when nothing is.
 */
export function problemOf({ shards }: Pick<Collection, "shards">): string | undefined {
  if (shards.length === 0) return "it has no shards";
  const seen = new Set<number>();
  let next = RING_START;
  for (const { id, group, min, max } of shards) {
    if (![id, group, min, max].every(Number.isSafeInteger)) return `shard ${id} is not made of whole numbers`;
    if (seen.has(id)) return `shard ${id} has several placements`;
    seen.add(id);
    if (min > max) return `shard ${id} ends at ${max}, before it begins at ${min}`;
    if (min > next) return `no shard holds the hashes ${next} to ${min - 1}`;
    if (min < next) return `shard ${id} begins at ${min}, inside or before another shard`;
    next = max + 1;
  }
  if (next > RING_END + 1) return `the last shard ends at ${next - 1}, outside of the ring`;
  return next === RING_END + 1 ? undefined : `no shard holds the hashes ${next} to ${RING_END}`;
}

/** The collections that must not be served as they are. */
export function invalidCollections({
  collections,
}: Pick<Catalog, "collections">): readonly InvalidCollection[] {
  return collections.flatMap((collection) => {
    const problem = problemOf(collection);
    return problem === undefined ? [] : [{ name: collection.name, problem }];
  });
}

/**
 * The catalog with every invalid collection as `last` has it, or without it when `last` has no valid one of
 * the same id. The same value when all are valid and were before.
 */
export function validCatalog<C extends Catalog>(catalog: C, last: Pick<Catalog, "collections">): C {
  const found = invalidCollections(catalog);
  if (found.length === 0) return catalog;
  const collections = catalog.collections.flatMap((collection) => {
    if (problemOf(collection) === undefined) return [collection];
    const before = last.collections.find(({ id }) => id === collection.id);
    return before === undefined || problemOf(before) !== undefined ? [] : [before];
  });
  return { ...catalog, collections, invalid: [...(catalog.invalid ?? []), ...found] };
}
