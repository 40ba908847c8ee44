/**
 * The shard map as it is stored: JSON, a shard as `[id, group, min, max]`. Collections that earlier versions
 * would serve wrongly are apart, where those do not look.
 */
import { OrreryError } from "../errors.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import { traitsOf } from "./collection-traits.ts";
import type { Collection, ShardMap } from "./shard-map.ts";

/** etcd refuses requests of 1.5 MiB and more. */
const MAX_BYTES = 1024 * 1024;

type StoredShard = readonly [id: number, group: number, min: number, max: number];

type StoredCollection = Omit<Collection, "shards"> & { readonly shards: readonly StoredShard[] };

interface StoredMap extends Omit<ShardMap, "collections"> {
  readonly collections: readonly StoredCollection[];
  /** Those with traits; absent when there are none. */
  readonly withTraits?: readonly StoredCollection[];
}

/** Throws UNSUPPORTED when the map is too large to be stored. */
export function encodeMap(map: ShardMap): string {
  const collections: StoredCollection[] = [];
  const withTraits: StoredCollection[] = [];
  for (const collection of map.collections) {
    const shards = collection.shards.map(({ id, group, min, max }) => [id, group, min, max] as const);
    (traitsOf(collection).length === 0 ? collections : withTraits).push({ ...collection, shards });
  }
  const stored: StoredMap = { ...map, collections, ...(withTraits.length > 0 && { withTraits }) };
  const json = JSON.stringify(stored);
  const bytes = Buffer.byteLength(json);
  if (bytes >= MAX_BYTES) {
    const shards = map.collections.reduce((sum, collection) => sum + collection.shards.length, 0);
    throw new OrreryError(
      "UNSUPPORTED",
      `the shard map (${map.collections.length} collections, ${shards} shards) takes ${bytes} bytes, the limit is ${MAX_BYTES}`,
    );
  }
  return json;
}

/** The map, frozen. Throws STORE_UNAVAILABLE when the text is not a map. */
export function decodeMap(json: string): ShardMap {
  try {
    const { withTraits = [], ...stored } = JSON.parse(json) as StoredMap;
    if (!Number.isSafeInteger(stored.epoch) || typeof stored.clusterId !== "string") {
      throw new TypeError("no epoch or no cluster");
    }
    if (!Array.isArray(stored.nodes)) throw new TypeError("no nodes");
    return deepFreeze({
      ...stored,
      collections: inOrder(stored.collections, withTraits).map((collection) => ({
        ...collection,
        shards: collection.shards.map(([id, group, min, max]) => ({ id, group, min, max })),
      })),
    });
  } catch (cause) {
    throw new OrreryError("STORE_UNAVAILABLE", "the stored shard map is not one this version can read", {
      cause,
    });
  }
}

/** By id, as the catalogs have them. */
function inOrder(collections: readonly StoredCollection[], withTraits: readonly StoredCollection[]) {
  if (withTraits.length === 0) return collections;
  return [...collections, ...withTraits].sort((a, b) => a.id - b.id);
}
