/** Storage on a Citus cluster. Part of the composition root. */
import { createCitusEngine } from "../engines/citus/citus-engine.ts";
import { OrreryError } from "../errors.ts";
import type { Hello } from "../shards/node-driver.ts";
import { createNodePools, type PooledDriver } from "../shards/node-pools.ts";
import { withAdminSession } from "../shards/pg/admin-session.ts";
import { nodeUrl } from "../shards/pg/node-url.ts";
import { createPgDriver } from "../shards/pg/pg-driver.ts";
import type { PoolSettings } from "../shards/pg/pg-session.ts";
import { isPoolerError } from "../shards/pg/refuse-pooler.ts";
import { groupsWithShards, type Node } from "../topology/shard-map.ts";
import { createNodeMonitor } from "./monitored-nodes.ts";
import {
  catalogPool,
  defaultCollection,
  monitorPool,
  poolSettings,
  type Storage,
  type StorageOptions,
  schemaOf,
  upkeepPool,
} from "./storage.ts";

const DEFAULT_SHARDS = 32;

/**
 * Throws CONFIG_INVALID when a connection pooler answers at one of the two addresses; a server that does not
 * answer yet is asked again with every connection.
 */
export async function startCitusStorage(options: StorageOptions): Promise<Storage> {
  const { config, step } = options;
  const { connectTimeoutMs } = config.pool;
  const { url, adminUrl = url } = config.citus;
  step("asking the Citus coordinator node who it is");
  const urls = [...new Set([url, adminUrl])].filter((one) => one !== undefined);
  await Promise.all(
    urls.map((one) =>
      withAdminSession(
        { node: hostOf(one), url: one, connectTimeoutMs },
        AbortSignal.timeout(connectTimeoutMs),
        async () => {},
      ).catch((error: unknown) => {
        if (isPoolerError(error)) throw error;
      }),
    ),
  );
  return createCitusStorage(options);
}

/** No connection is opened before a node is first asked. */
export function createCitusStorage({ config, map, logger, turns, defer }: StorageOptions): Storage {
  const url = config.citus.url;
  if (url === undefined) throw new OrreryError("CONFIG_INVALID", "citus.url is not set");
  const adminUrl = config.citus.adminUrl ?? url;
  const { addresses } = config.node;
  const { connectTimeoutMs } = config.pool;
  const openWith =
    (pool: PoolSettings) =>
    (node: Node, verify: (hello: Hello) => void): PooledDriver =>
      createPgDriver({
        node: node.name,
        url: nodeUrl(url, node.name, addresses),
        pool,
        verify,
        turns,
        random: Math.random,
      });
  const nodes = createNodePools({
    openDriver: openWith(poolSettings(config)),
    openUpkeep: openWith(upkeepPool(config)),
    schema: schemaOf("citus"),
    logger,
    epochMs: Date.now,
  });
  defer("connections to the nodes", () => nodes.close());
  const coordinatorNode = createPgDriver({
    node: hostOf(url),
    url,
    pool: catalogPool(config),
    random: Math.random,
  });
  defer("connections to the Citus coordinator node", () => coordinatorNode.close());
  const defaultShardCount = config.collection.shards ?? DEFAULT_SHARDS;
  const admin = { node: hostOf(adminUrl), url: adminUrl, connectTimeoutMs };
  const adminOf = (name: string) => ({
    node: name,
    url: nodeUrl(adminUrl, name, addresses),
    connectTimeoutMs,
  });
  const engine = createCitusEngine({
    coordinatorNode,
    nodes: nodes.upkeep,
    metadataGroups: () => groupsWithShards(map()),
    admin,
    adminOf,
    defaultCollection: defaultCollection(config, defaultShardCount),
    indexWorkers: config.rebalance.indexWorkers,
    splitsInPlace: config.citus.splitsInPlace,
    logger,
    monotonicMs: () => performance.now(),
  });
  const monitor = createNodeMonitor((node) =>
    createPgDriver({
      node: node.name,
      url: nodeUrl(url, node.name, addresses),
      pool: monitorPool(config),
      random: Math.random,
    }),
  );
  defer("connections of the collectors", () => monitor.close());
  return { engine, nodes, monitor, defaultShardCount };
}

/**
 * As messages name the Citus coordinator node, whose name in the catalogs is not known before they are read.
 */
function hostOf(url: string): string {
  return new URL(url).host || "localhost";
}
