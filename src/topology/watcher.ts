/**
 * The map this coordinator serves from: the published one, or an overlay read from the catalogs by itself.
 *
 * ```
 *   nothing --list--> published(revision, epoch) --list: another revision--> published
 *      |                    |      ^
 *      | no store           |      | list: an epoch above the one laid over
 *      v                    v      |
 *   overlay(epoch 0)     overlay(same epoch) --later read--> overlay
 * ```
 * A watch of the store is only a hint to list. Lists run one after another, so none can bring back an older
 * map.
 */
import { OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { createPacer } from "../lib/pacer.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { CurrentMap } from "./current-map.ts";
import type { MapStore, Stored } from "./map-store.ts";
import { type Catalog, EMPTY_MAP, type GroupId, type ShardMap, sameCatalog } from "./shard-map.ts";

const READ_TIMEOUT_MS = 10_000;
const RARE_INTERVAL_MS = 1_000;
const START_BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface MapWatcherOptions {
  readonly store: MapStore;
  /** `Engine.readMap`. */
  readonly readCatalog: (options: {
    readonly signal: AbortSignal;
    readonly from?: GroupId;
  }) => Promise<Catalog>;
  readonly reconcileIntervalMs: number;
  readonly rebuildIntervalMs: number;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

export interface MapWatcher extends CurrentMap {
  /** False while the map is still EMPTY_MAP. */
  loaded(): boolean;
  /** Since the map was last seen to be the newest one, in the store or in the catalogs. */
  ageMs(): number;
  /** Whether the last list of the store was answered. */
  storeReachable(): boolean;
  /** Calls `listener` with every new map, overlays included; the function returned ends that. */
  onChange(listener: (map: ShardMap) => void): () => void;
  close(): Promise<void>;
}

/** Resolves after the first attempt to get a map, whether it gave one or not. */
export async function startMapWatcher(options: MapWatcherOptions): Promise<MapWatcher> {
  const { store, readCatalog, reconcileIntervalMs, rebuildIntervalMs, logger, monotonicMs } = options;
  const closing = new AbortController();
  const pacer = createPacer();
  const listeners = new Set<(map: ShardMap) => void>();
  const storeOutage = createOutageLog(
    logger,
    "list the shard map; reading the catalogs instead",
    monotonicMs,
  );
  const catalogOutage = createOutageLog(logger, "read the catalogs", monotonicMs);

  let map = EMPTY_MAP;
  let published: Stored<ShardMap> | undefined;
  let isOverlay = false;
  let reachable = false;
  let confirmedAt = monotonicMs();
  let reads = 0;
  let newestRead = 0;

  const serve = (next: ShardMap, overlay: boolean) => {
    map = next;
    isOverlay = overlay;
    for (const listener of listeners) listener(next);
  };

  const list = async () => {
    const stored = await store.load();
    if (stored === undefined) return;
    confirmedAt = monotonicMs();
    // Revisions start over when the store is wiped; the epoch goes on.
    if (stored.revision === published?.revision && stored.value.epoch === published.value.epoch) return;
    published = stored;
    if (!isOverlay || stored.value.epoch > map.epoch) serve(stored.value, false);
  };

  /**
   * Serves what it read unless something at least as new came meanwhile: a published map or a read begun
   * later.
   */
  const readOverlay = async (from?: GroupId): Promise<ShardMap> => {
    const base = published;
    const { epoch } = map;
    reads += 1;
    const order = reads;
    const { signal, clear } = withTimeLimit(
      closing.signal,
      READ_TIMEOUT_MS,
      () => new OrreryError("MAP_UNAVAILABLE", `the catalogs could not be read in ${READ_TIMEOUT_MS} ms`),
    );
    const catalog = await readCatalog(from === undefined ? { signal } : { signal, from }).finally(clear);
    const isNewest = published === base && order > newestRead;
    newestRead = Math.max(newestRead, order);
    confirmedAt = monotonicMs();
    if (sameCatalog(catalog, map)) return map;
    const read = deepFreeze({ ...catalog, epoch });
    if (isNewest) serve(read, true);
    return read;
  };

  const sharedReads = new Map<GroupId | undefined, () => Promise<ShardMap>>();
  /** Reads are shared per group asked first, and only by calls that came before they began. */
  const sharedRead = (from?: GroupId): Promise<ShardMap> => {
    const share = sharedReads.get(from) ?? createSingleFlight(() => readOverlay(from));
    sharedReads.set(from, share);
    return share();
  };

  const update = async () => {
    try {
      await list();
      reachable = true;
      storeOutage.worked();
    } catch (error) {
      reachable = false;
      storeOutage.failed(error);
    }
    if (reachable && map !== EMPTY_MAP) return;
    try {
      await sharedRead();
      catalogOutage.worked();
    } catch (error) {
      if (!closing.signal.aborted) catalogOutage.failed(error);
    }
  };

  const keepUpdating = async () => {
    for (let failures = 0; ; failures += 1) {
      const intervalMs = reachable ? reconcileIntervalMs : rebuildIntervalMs;
      await pacer.wait(map === EMPTY_MAP ? backoffMs(failures, START_BACKOFF) : intervalMs);
      if (closing.signal.aborted) return;
      await update();
    }
  };

  let rareAt = Number.NEGATIVE_INFINITY;
  let rareRead: Promise<unknown> = Promise.resolve();

  const watch = await store.watch(pacer.wake, pacer.wake);
  await update();
  const ended = keepUpdating();

  return {
    current: () => map,
    refresh: ({ signal, from }) => raceAbort(sharedRead(from), signal),
    async refreshRarely(signal) {
      if (monotonicMs() - rareAt >= RARE_INTERVAL_MS) {
        rareAt = monotonicMs();
        const read = sharedRead();
        rareRead = read.catch(() => undefined);
        return raceAbort(read, signal);
      }
      await raceAbort(rareRead, signal);
      return map;
    },
    loaded: () => map !== EMPTY_MAP,
    ageMs: () => monotonicMs() - confirmedAt,
    storeReachable: () => reachable,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      pacer.wake();
      await watch.close();
      await ended;
    },
  };
}
