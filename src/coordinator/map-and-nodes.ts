/** The shard map and the nodes, each found through the other. Part of the composition root. */
import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../metrics/create-metrics.ts";
import { startEtcdStore } from "../topology/etcd-store.ts";
import type { MapStore } from "../topology/map-store.ts";
import { createMemoryStore } from "../topology/memory-store.ts";
import { EMPTY_MAP, type ShardMap } from "../topology/shard-map.ts";
import { type MapWatcher, startMapWatcher } from "../topology/watcher.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import { shardIds } from "./node-health.ts";
import { startStorage } from "./start-storage.ts";
import type { Storage } from "./storage.ts";

export interface MapAndNodes {
  readonly store: MapStore;
  readonly storage: Storage;
  readonly map: MapWatcher;
}

/** Resolves after the first attempt to get a map, whether it gave one or not. */
export async function startMapAndNodes(
  { config, logger, monotonicMs, turns, step, defer }: CoordinatorContext,
  metrics: Pick<Metrics, "keepShards">,
): Promise<MapAndNodes> {
  const store = createMapStore(config, logger);
  defer("map store", () => store.close());

  // The nodes follow the map, and the map is read from the nodes.
  let serving: ShardMap = EMPTY_MAP;
  const storage = await startStorage({ config, map: () => serving, logger, turns, step, defer });
  step("reading the shard map");
  const map = await startMapWatcher({
    store,
    readCatalog: (options) => storage.engine.readMap(options),
    reconcileIntervalMs: config.topology.reconcileIntervalMs,
    rebuildIntervalMs: config.topology.rebuildIntervalMs,
    logger,
    monotonicMs,
  });
  defer("map watcher", () => map.close());
  const follow = (next: ShardMap) => {
    serving = next;
    storage.nodes.applyMap(next);
  };
  follow(map.current());
  map.onChange(follow);
  map.onChange((next) => {
    metrics.keepShards(shardIds(next));
    storage.monitor.applyMap(next);
  });
  return { store, storage, map };
}

/** etcd where endpoints are configured, otherwise this process's memory. */
function createMapStore({ etcd, topology }: Config, logger: Logger): MapStore {
  if (etcd.endpoints.length === 0) return createMemoryStore();
  return startEtcdStore({ ...etcd, leaseTtlSeconds: topology.leaseTtlSeconds, logger });
}
