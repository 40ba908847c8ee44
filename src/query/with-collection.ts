/** Finds the collection a request names, in the newest map if need be, and starts over when it was replaced meanwhile. */
import { OrreryError } from "../errors.ts";
import type { CurrentMap } from "../topology/current-map.ts";
import { type Collection, findCollection, type ShardMap } from "../topology/shard-map.ts";
import { CollectionReplaced } from "./errors.ts";
import type { RequestContext } from "./types.ts";

/** A collection that is replaced more often than this within one request is not served to it. */
const MAX_STARTS = 5;

/**
 * Runs `use` with one snapshot of the map and the collection in it. Throws COLLECTION_NOT_FOUND when the newest map has
 * no such collection. A vector of another dimension than `dimension` (if given) is refused only by the newest map.
 */
export async function withCollection<T>(
  topology: CurrentMap,
  { collection: name, dimension }: { readonly collection: string; readonly dimension?: number },
  context: RequestContext,
  use: (collection: Collection, map: ShardMap) => Promise<T>,
): Promise<T> {
  for (let start = 1; ; start += 1) {
    let map = topology.current();
    if (!fits(findCollection(map, name), dimension)) map = await topology.refreshRarely(context.signal);
    const collection = findCollection(map, name);
    if (collection === undefined) {
      throw new OrreryError("COLLECTION_NOT_FOUND", `collection ${JSON.stringify(name)} does not exist`, {
        details: { metadata: { collection: name } },
      });
    }
    try {
      return await use(collection, map);
    } catch (error) {
      if (!(error instanceof CollectionReplaced)) throw error;
      if (start === MAX_STARTS) throw new OrreryError("SHARD_MOVING", error.message, { cause: error });
    }
  }
}

function fits(collection: Collection | undefined, dimension: number | undefined): boolean {
  return collection !== undefined && (dimension === undefined || dimension === collection.dimension);
}
