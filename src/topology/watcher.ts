/**
 * Keeps the map that this coordinator serves up to date: lists the store, and reads the catalogs while that
 * does not answer or when a request has found the map to be stale. A watch of the store is only a hint to
 * list. Lists run one after another, so none can bring back an older map.
 */
import { OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { createPacer } from "../lib/pacer.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { CurrentMap } from "./current-map.ts";
import type { MapStore } from "./map-store.ts";
import { ServedMap } from "./served-map.ts";
import { type Catalog, EMPTY_MAP, type GroupId, type ShardMap } from "./shard-map.ts";

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
  const { store, reconcileIntervalMs, rebuildIntervalMs, logger, monotonicMs } = options;
  const closing = new AbortController();
  const pacer = createPacer();
  const what = "list the shard map; reading the catalogs instead";
  const storeOutage = createOutageLog(logger, what, monotonicMs);
  const catalogOutage = createOutageLog(logger, "read the catalogs", monotonicMs);
  const served = new ServedMap(monotonicMs);
  const reads = createCatalogReads(options, served, closing.signal);
  const loaded = () => served.current !== EMPTY_MAP;
  let reachable = false;

  const update = async () => {
    try {
      const stored = await store.load();
      if (stored !== undefined) served.takePublished(stored);
      reachable = true;
      storeOutage.worked();
    } catch (error) {
      reachable = false;
      storeOutage.failed(error);
    }
    if (reachable && loaded()) return;
    try {
      await reads.read();
      catalogOutage.worked();
    } catch (error) {
      if (!closing.signal.aborted) catalogOutage.failed(error);
    }
  };

  const updateUntilClosed = async () => {
    for (let failures = 0; ; failures += 1) {
      const intervalMs = reachable ? reconcileIntervalMs : rebuildIntervalMs;
      await pacer.wait(loaded() ? intervalMs : backoffMs(failures, START_BACKOFF));
      if (closing.signal.aborted) return;
      await update();
    }
  };

  const watch = await store.watch(pacer.wake, pacer.wake);
  await update();
  const ended = updateUntilClosed();

  return {
    current: () => served.current,
    refresh: ({ signal, from }) => raceAbort(reads.read(from), signal),
    async refreshRarely(signal) {
      return (await raceAbort(reads.readRarely(), signal)) ?? served.current;
    },
    loaded,
    ageMs: () => served.ageMs,
    storeReachable: () => reachable,
    onChange: (listener) => served.onChange(listener),
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      pacer.wake();
      await watch.close();
      await ended;
    },
  };
}

interface CatalogReads {
  /** Reads are shared per group asked first, and only by calls that came before they began. */
  read(from?: GroupId): Promise<ShardMap>;
  /**
   * Reads unless a rare read began less than RARE_INTERVAL_MS ago: then it waits for that one, and resolves
   * with nothing.
   */
  readRarely(): Promise<ShardMap | undefined>;
}

function createCatalogReads(
  { readCatalog, monotonicMs }: MapWatcherOptions,
  served: ServedMap,
  signal: AbortSignal,
): CatalogReads {
  const readOnce = async (from?: GroupId): Promise<ShardMap> => {
    const takeRead = served.beginRead();
    const limit = { ms: READ_TIMEOUT_MS, reason: notRead, signal };
    return takeRead(
      await runWithin(limit, (limited) =>
        readCatalog(from === undefined ? { signal: limited } : { signal: limited, from }),
      ),
    );
  };
  const shared = new Map<GroupId | undefined, () => Promise<ShardMap>>();
  const read = (from?: GroupId): Promise<ShardMap> => {
    const share = shared.get(from) ?? createSingleFlight(() => readOnce(from));
    shared.set(from, share);
    return share();
  };

  let rareAtMs = Number.NEGATIVE_INFINITY;
  let rareRead: Promise<unknown> = Promise.resolve();
  return {
    read,
    async readRarely() {
      if (monotonicMs() - rareAtMs < RARE_INTERVAL_MS) {
        await rareRead;
        return undefined;
      }
      rareAtMs = monotonicMs();
      const begun = read();
      rareRead = begun.catch(() => undefined);
      return begun;
    },
  };
}

const notRead = () =>
  new OrreryError("MAP_UNAVAILABLE", `the catalogs could not be read in ${READ_TIMEOUT_MS} ms`);
