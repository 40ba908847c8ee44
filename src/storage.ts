/** The engine and its nodes, as the configuration names them. Part of the composition root. */
import type { Config } from "./config.ts";
import { createCitusEngine } from "./engines/citus/citus-engine.ts";
import { DEFAULT_HNSW } from "./engines/collection-ddl.ts";
import type { CollectionSpec, Engine } from "./engines/engine.ts";
import { OrreryError } from "./errors.ts";
import type { Logger } from "./lib/logger.ts";
import type { Keep } from "./lib/releasers.ts";
import { createNodePools, type NodePools } from "./shards/node-pools.ts";
import { nodeUrl } from "./shards/node-url.ts";
import { createPgDriver } from "./shards/pg-driver.ts";
import { groupsWithShards, type ShardMap } from "./topology/shard-map.ts";

export interface Storage {
  readonly engine: Engine;
  readonly nodes: NodePools;
  /** Shards of a new collection that names no number. */
  readonly defaultShardCount: number;
}

export interface StorageOptions {
  readonly config: Config;
  /** The map that is served at present. */
  readonly map: () => ShardMap;
  readonly logger: Logger;
  readonly keep: Keep;
}

const CITUS_SHARDS = 32;

/** Opens no connection: nodes are connected to when they are first asked. */
export function createCitusStorage({ config, map, logger, keep }: StorageOptions): Storage {
  const url = config.citus.url;
  if (url === undefined) throw new OrreryError("CONFIG_INVALID", "citus.url is not set");
  const adminUrl = config.citus.adminUrl ?? url;
  const { addresses } = config.node;
  const { connectTimeoutMs } = config.pool;
  const nodes = createNodePools({
    openDriver: (node, verify) =>
      createPgDriver({
        node: node.name,
        url: nodeUrl(url, node.name, addresses),
        pool: config.pool,
        verify,
        random: Math.random,
      }),
    logger,
    now: Date.now,
  });
  keep("connections to the nodes", () => nodes.close());
  const coordinatorNode = createPgDriver({
    node: "the Citus coordinator node",
    url,
    // For the catalogs only; requests go through the pools.
    pool: { ...config.pool, max: 2 },
    verify: () => {},
    random: Math.random,
  });
  keep("connections to the Citus coordinator node", () => coordinatorNode.close());
  const defaultShardCount = config.collection.shards ?? CITUS_SHARDS;
  const engine = createCitusEngine({
    coordinatorNode,
    nodes,
    metadataGroups: () => groupsWithShards(map()),
    admin: { node: "the Citus coordinator node", url: adminUrl, connectTimeoutMs },
    adminOf: (name) => ({ node: name, url: nodeUrl(adminUrl, name, addresses), connectTimeoutMs }),
    defaultCollection: defaultCollection(config, defaultShardCount),
    logger,
  });
  return { engine, nodes, defaultShardCount };
}

/** `memory_entries`, made by the first migration. */
export function defaultCollection(config: Config, shardCount: number): CollectionSpec {
  const { defaultDimension: dimension } = config.collection;
  return { name: "memory_entries", dimension, quantization: "none", hnsw: DEFAULT_HNSW, shardCount };
}
