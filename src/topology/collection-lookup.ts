/**
 * Finds the collection that a request names, reading a newer map where needed, and starts the request over
 * when the collection was replaced meanwhile.
 */
import { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { CurrentMap } from "./current-map.ts";
import { type Collection, EMPTY_MAP, findCollection, type ShardMap } from "./shard-map.ts";

/**
 * Thrown inside a request when a newer map has another collection under the name, or none: the request starts
 * over with that map. Never leaves `withCollection`.
 */
export class CollectionReplaced extends Error {
  constructor(collection: Collection) {
    super(`collection ${collection.name} was replaced`);
    this.name = "CollectionReplaced";
  }
}

/** A request whose collection is replaced more often than this fails. */
const MAX_STARTS = 5;

/**
 * Runs `use` with one snapshot of the map and the collection in it. Throws COLLECTION_NOT_FOUND when the
 * newest map has no such collection, MAP_UNAVAILABLE when there is no map. A vector of another dimension than
 * `dimension` (if given) is refused only by the newest map.
 */
export async function withCollection<T>(
  topology: CurrentMap,
  { collection: name, dimension }: { readonly collection: string; readonly dimension?: number },
  signal: Cancellation,
  use: (collection: Collection, map: ShardMap) => Promise<T>,
): Promise<T> {
  for (let start = 1; ; start += 1) {
    let map = topology.current();
    if (!fits(findCollection(map, name), dimension)) map = await topology.refreshRarely(signal);
    // Without a map it is unknown which collections exist.
    if (map === EMPTY_MAP) throw new OrreryError("MAP_UNAVAILABLE", "this coordinator has no shard map yet");
    const found = findCollection(map, name);
    if (found === undefined) refuseInvalid(map, name);
    const collection = existing(found, name);
    try {
      return await use(collection, map);
    } catch (error) {
      if (!(error instanceof CollectionReplaced)) throw error;
      if (start === MAX_STARTS) throw new OrreryError("SHARD_MOVING", error.message, { cause: error });
    }
  }
}

/** Throws COLLECTION_NOT_FOUND. */
export function existing(collection: Collection | undefined, name: string): Collection {
  if (collection !== undefined) return collection;
  throw new OrreryError("COLLECTION_NOT_FOUND", `collection ${JSON.stringify(name)} does not exist`, {
    details: { metadata: { collection: name } },
  });
}

/** It exists, but nothing can be routed by what the catalogs say of it. */
function refuseInvalid({ invalid = [] }: ShardMap, name: string): void {
  const problem = invalid.find((collection) => collection.name === name)?.problem;
  if (problem === undefined) return;
  throw new OrreryError(
    "MAP_UNAVAILABLE",
    `collection ${JSON.stringify(name)} has invalid shards: ${problem}`,
    { details: { metadata: { collection: name } } },
  );
}

function fits(collection: Collection | undefined, dimension: number | undefined): boolean {
  return collection !== undefined && (dimension === undefined || dimension === collection.dimension);
}
