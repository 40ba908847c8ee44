/** Part of the composition root: where the shard map is published. */
import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import { startEtcdStore } from "../topology/etcd-store.ts";
import type { MapStore } from "../topology/map-store.ts";
import { createMemoryStore } from "../topology/memory-store.ts";

/** etcd where endpoints are configured, otherwise this process's memory. */
export function createMapStore({ etcd, topology }: Config, logger: Logger): MapStore {
  if (etcd.endpoints.length === 0) return createMemoryStore();
  return startEtcdStore({ ...etcd, leaseTtlSeconds: topology.leaseTtlSeconds, logger });
}
