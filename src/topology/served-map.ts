/**
 * The map that a coordinator serves: the published one, or an overlay that it read from the catalogs itself.
 *
 * ```
 *   nothing --published--> published(revision, epoch) --another revision--> published
 *      |                       |      ^
 *      | read                  | read | published with an epoch above the overlay's
 *      v                       v      |
 *   overlay(epoch 0)        overlay(same epoch) --later read--> overlay
 * ```
 *
 * A collection with invalid shards is served as it was when they were valid.
 */
import { deepFreeze } from "../lib/deep-freeze.ts";
import type { Stored } from "./map-store.ts";
import { type Catalog, EMPTY_MAP, type ShardMap, sameCatalog } from "./shard-map.ts";
import { validCatalog } from "./valid-catalog.ts";

export class ServedMap {
  readonly #monotonicMs: () => number;
  readonly #listeners = new Set<(map: ShardMap) => void>();
  #map = EMPTY_MAP;
  #published: Stored<ShardMap> | undefined;
  #isOverlay = false;
  #confirmedAtMs: number;
  /** Reads of the catalogs that have begun, and the latest of those that have ended. */
  #reads = 0;
  #newestRead = 0;

  /** `monotonicMs`: milliseconds; only differences matter. */
  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
    this.#confirmedAtMs = monotonicMs();
  }

  /** EMPTY_MAP before the first. */
  get current(): ShardMap {
    return this.#map;
  }

  /** Since the map was last seen to be the newest one, in the store or in the catalogs. */
  get ageMs(): number {
    return this.#monotonicMs() - this.#confirmedAtMs;
  }

  /** Calls `listener` with every new map, overlays included; the function returned ends that. */
  onChange(listener: (map: ShardMap) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes what the store has; lists must come in the order they were answered. */
  takePublished(stored: Stored<ShardMap>): void {
    this.#confirmedAtMs = this.#monotonicMs();
    const { revision } = stored;
    const value = validCatalog(stored.value, this.#map);
    // Revisions start over when the store is wiped; the epoch does not.
    if (revision === this.#published?.revision && value.epoch === this.#published.value.epoch) return;
    this.#published = stored;
    if (!this.#isOverlay || value.epoch > this.#map.epoch) this.#serve(value, false);
  }

  /**
   * To be called when a read of the catalogs begins; the function returned takes its result. It returns the
   * map read, and serves it unless something at least as new came first: a published map, or a read that
   * began later.
   */
  beginRead(): (catalog: Catalog) => ShardMap {
    const base = this.#published;
    const { epoch } = this.#map;
    this.#reads += 1;
    const order = this.#reads;
    return (read) => {
      const catalog = validCatalog(read, this.#map);
      const isNewest = this.#published === base && order > this.#newestRead;
      this.#newestRead = Math.max(this.#newestRead, order);
      this.#confirmedAtMs = this.#monotonicMs();
      if (sameCatalog(catalog, this.#map)) return this.#map;
      const overlay = deepFreeze({ ...catalog, epoch });
      if (isNewest) this.#serve(overlay, true);
      return overlay;
    };
  }

  #serve(map: ShardMap, isOverlay: boolean): void {
    this.#map = map;
    this.#isOverlay = isOverlay;
    for (const listener of this.#listeners) listener(map);
  }
}
