/** What plain PostgreSQL servers and embedded nodes have in common. Part of the composition root. */

import type { CatalogLock } from "../engines/fixed/catalog-lock.ts";
import { createFixedEngine } from "../engines/fixed/fixed-engine.ts";
import type { LongBuilds } from "../engines/fixed/long-builds.ts";
import { type FixedNode, FixedNodes } from "../engines/fixed/nodes.ts";
import type { Hello } from "../shards/node-driver.ts";
import { createNodePools, type PooledDriver } from "../shards/node-pools.ts";
import { createNodeMonitor } from "./monitored-nodes.ts";
import { openWhenFound } from "./open-when-found.ts";
import { defaultCollection, type Storage, type StorageOptions, schemaOf } from "./storage.ts";

const DEFAULT_SHARDS_PER_NODE = 2;

/**
 * `open` gives the connections that requests to a node go through, `upkeep` those of pings, statistics and
 * catalogs, `monitor` those of the collectors. `lock` and `builds`: where the nodes are not of this process
 * alone.
 */
export function createFixedStorage<N extends FixedNode>(
  kind: "postgres" | "embedded",
  { config, logger, defer }: StorageOptions,
  configured: readonly N[],
  {
    open,
    upkeep,
    monitor: openMonitored,
    lock,
    builds,
  }: {
    readonly open: (node: N, verify: (hello: Hello) => void) => PooledDriver;
    readonly upkeep: (node: N, verify: (hello: Hello) => void) => PooledDriver;
    readonly monitor: (node: N) => PooledDriver;
    readonly lock?: (nodes: FixedNodes<N>) => CatalogLock;
    readonly builds?: (nodes: FixedNodes<N>) => LongBuilds;
  },
): Storage {
  const fixed = new FixedNodes(configured);
  const opened = (group: number, openNode: (node: N) => PooledDriver) =>
    openWhenFound((signal) => fixed.nodeOf(group, signal), openNode);
  const nodes = createNodePools({
    openDriver: ({ group }, verify) => opened(group, (node) => open(node, verify)),
    openUpkeep: ({ group }, verify) => opened(group, (node) => upkeep(node, verify)),
    schema: schemaOf("postgres"),
    logger,
    epochMs: Date.now,
  });
  defer("node pools", () => nodes.close());
  const monitor = createNodeMonitor(({ group }) => opened(group, openMonitored));
  defer("connections of the collectors", () => monitor.close());
  const defaultShardCount = config.collection.shards ?? DEFAULT_SHARDS_PER_NODE * configured.length;
  const engine = createFixedEngine({
    kind,
    nodes: fixed,
    defaultCollection: defaultCollection(config, defaultShardCount),
    lock: lock?.(fixed),
    builds: builds?.(fixed),
  });
  return { engine, nodes, monitor, defaultShardCount };
}
