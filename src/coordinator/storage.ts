/** The engine and its nodes, as the configuration names them. Part of the composition root. */
import type { Config } from "../config/load.ts";
import { createCitusEngine } from "../engines/citus/citus-engine.ts";
import { createInventoryReader, readPins } from "../engines/citus/inventory.ts";
import { createPlanStore } from "../engines/citus/plan-store.ts";
import { DEFAULT_HNSW } from "../engines/collection-ddl.ts";
import type { CollectionSpec, Engine } from "../engines/engine.ts";
import { createFixedEngine } from "../engines/fixed/fixed-engine.ts";
import { type FixedNode, FixedNodes } from "../engines/fixed/nodes.ts";
import { startUpkeep } from "../engines/fixed/upkeep.ts";
import { knownSchema } from "../engines/read-migrations.ts";
import { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { Logger } from "../lib/logger.ts";
import type { Defer } from "../lib/releasers.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { PlanStore } from "../rebalance/planner.ts";
import type { ClusterReading } from "../rebalance/types.ts";
import { failedResult, type Hello } from "../shards/node-driver.ts";
import { createNodePools, type NodePools, type PooledDriver } from "../shards/node-pools.ts";
import { nodeUrl } from "../shards/pg/node-url.ts";
import { createPgDriver } from "../shards/pg/pg-driver.ts";
import type { PoolSettings } from "../shards/pg/pg-session.ts";
import { startPgliteNodes } from "../shards/pglite/pglite-nodes.ts";
import { type SchemaRange, schemaRange } from "../shards/schema-range.ts";
import { groupsWithShards, type ShardMap } from "../topology/shard-map.ts";
import { createNodeMonitor, type NodeMonitor } from "./monitored-nodes.ts";

export interface Storage {
  readonly engine: Engine;
  readonly nodes: NodePools;
  /** The nodes as the collectors ask them. */
  readonly monitor: NodeMonitor;
  /** Shards of a new collection that names no number. */
  readonly defaultShardCount: number;
  /** What planning needs; undefined where the placement is fixed. */
  readonly placement?: {
    readonly read: (signal: AbortSignal) => Promise<ClusterReading>;
    readonly readPins: (signal: AbortSignal) => Promise<ClusterReading["pins"]>;
    readonly plans: PlanStore;
  };
}

export interface StorageOptions {
  readonly config: Config;
  /** The map that is served at present. */
  readonly map: () => ShardMap;
  readonly logger: Logger;
  readonly defer: Defer;
}

const CITUS_SHARDS = 32;
/** One for each collector that asks nodes, so that none waits for another that hangs. */
const MONITOR_POOL = { max: 4, queue: 16 };
const FIXED_SHARDS_PER_NODE = 2;
const EMBEDDED_MIGRATION_MS = 60_000;
const UPKEEP_INTERVAL_MS = 30_000;

const notMigrated = () =>
  new OrreryError("NODE_UNAVAILABLE", `the embedded nodes were not ready in ${EMBEDDED_MIGRATION_MS} ms`);

/**
 * Embedded nodes are started and migrated; to the others no connection is opened before they are first asked.
 */
export function startStorage(options: StorageOptions): Promise<Storage> | Storage {
  switch (options.config.engine) {
    case "citus":
      return createCitusStorage(options);
    case "postgres":
      return createPostgresStorage(options);
    case "embedded":
      return startEmbeddedStorage(options);
  }
}

export function createCitusStorage({ config, map, logger, defer }: StorageOptions): Storage {
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
        pool: poolSettings(config),
        verify,
        random: Math.random,
      }),
    schema: schemaOf("citus"),
    logger,
    epochMs: Date.now,
  });
  defer("connections to the nodes", () => nodes.close());
  const coordinatorNode = createPgDriver({
    node: hostOf(url),
    url,
    // For the catalogs only; requests go through the pools.
    pool: { ...poolSettings(config), max: 2 },
    random: Math.random,
  });
  defer("connections to the Citus coordinator node", () => coordinatorNode.close());
  const defaultShardCount = config.collection.shards ?? CITUS_SHARDS;
  const admin = { node: hostOf(adminUrl), url: adminUrl, connectTimeoutMs };
  const adminOf = (name: string) => ({
    node: name,
    url: nodeUrl(adminUrl, name, addresses),
    connectTimeoutMs,
  });
  const engine = createCitusEngine({
    coordinatorNode,
    nodes,
    metadataGroups: () => groupsWithShards(map()),
    admin,
    adminOf,
    defaultCollection: defaultCollection(config, defaultShardCount),
    indexWorkers: config.rebalance.indexWorkers,
    logger,
  });
  const placement = {
    read: createInventoryReader({ admin, adminOf, monotonicMs: () => performance.now() }),
    readPins: (signal: AbortSignal) => readPins(admin, signal),
    plans: createPlanStore(admin),
  };
  const monitor = createNodeMonitor((node) =>
    createPgDriver({
      node: node.name,
      url: nodeUrl(url, node.name, addresses),
      pool: { ...poolSettings(config), ...MONITOR_POOL },
      random: Math.random,
    }),
  );
  defer("connections of the collectors", () => monitor.close());
  return { engine, nodes, monitor, defaultShardCount, placement };
}

/**
 * As messages name the Citus coordinator node, whose name in the catalogs is not known before they are read.
 */
function hostOf(url: string): string {
  return new URL(url).host || "localhost";
}

function createPostgresStorage(options: StorageOptions): Storage {
  const { config, defer } = options;
  const configured = config.postgres.urls.map((url) => {
    const name = new URL(url).host;
    // For the catalogs and for migrations, also before a node can say who it is; requests go through the
    // pools.
    const pool = { ...poolSettings(config), max: 2 };
    return { name, url, driver: createPgDriver({ node: name, url, pool, random: Math.random }) };
  });
  defer("connections to the nodes", () => Promise.all(configured.map(({ driver }) => driver.close())));
  return fixedStorage("postgres", options, configured, {
    open: ({ name, url }, verify) =>
      createPgDriver({ node: name, url, pool: poolSettings(config), verify, random: Math.random }),
    monitor: ({ name, url }) =>
      createPgDriver({
        node: name,
        url,
        pool: { ...poolSettings(config), ...MONITOR_POOL },
        random: Math.random,
      }),
  });
}

async function startEmbeddedStorage(options: StorageOptions): Promise<Storage> {
  const { config, logger, defer } = options;
  const started = await startPgliteNodes({
    count: config.embedded.nodes,
    dataFolder: config.embedded.data,
    settings: { work_mem: config.pool.workMem, "hnsw.max_scan_tuples": String(config.pool.maxScanTuples) },
    queue: config.pool.queue,
  });
  defer("embedded nodes", () => Promise.all(started.map(({ driver }) => driver.close())));
  // The nodes outlive the map; what they are was found out when they were migrated.
  const open = ({ driver }: (typeof started)[number]): PooledDriver => ({
    run: (statement, runOptions) => driver.run(statement, runOptions),
    retireConnections() {},
    connections: () => driver.connections(),
    async close() {},
  });
  const storage = fixedStorage("embedded", options, started, { open, monitor: open });
  await runWithin({ ms: EMBEDDED_MIGRATION_MS, reason: notMigrated }, (signal) =>
    storage.engine.migrate(signal),
  );
  const upkeep = startUpkeep({ nodes: started, intervalMs: UPKEEP_INTERVAL_MS, logger });
  defer("upkeep", () => upkeep.close());
  return storage;
}

/** `open` gives the connections that requests to a node go through, `monitor` those of the collectors. */
function fixedStorage<N extends FixedNode>(
  kind: "postgres" | "embedded",
  { config, logger, defer }: StorageOptions,
  configured: readonly N[],
  {
    open,
    monitor: openMonitored,
  }: {
    readonly open: (node: N, verify: (hello: Hello) => void) => PooledDriver;
    readonly monitor: (node: N) => PooledDriver;
  },
): Storage {
  const fixed = new FixedNodes(configured);
  const opened = (group: number, openNode: (node: N) => PooledDriver) =>
    openWhenFound((signal) => fixed.nodeOf(group, signal), openNode);
  const nodes = createNodePools({
    openDriver: ({ group }, verify) => opened(group, (node) => open(node, verify)),
    schema: schemaOf("postgres"),
    logger,
    epochMs: Date.now,
  });
  defer("node pools", () => nodes.close());
  const monitor = createNodeMonitor(({ group }) => opened(group, openMonitored));
  defer("connections of the collectors", () => monitor.close());
  const defaultShardCount = config.collection.shards ?? FIXED_SHARDS_PER_NODE * configured.length;
  const engine = createFixedEngine({
    kind,
    nodes: fixed,
    defaultCollection: defaultCollection(config, defaultShardCount),
  });
  return { engine, nodes, monitor, defaultShardCount };
}

/** Which configured node is meant is known only when one has said so. */
function openWhenFound<N>(
  find: (signal: Cancellation) => Promise<N>,
  open: (node: N) => PooledDriver,
): PooledDriver {
  let opened: PooledDriver | undefined;
  return {
    async run(statement, options) {
      let node: N;
      try {
        node = await find(options.signal);
      } catch (error) {
        return failedResult(error, 0);
      }
      opened ??= open(node);
      return opened.run(statement, options);
    },
    retireConnections: () => opened?.retireConnections(),
    connections: () => opened?.connections() ?? { total: 0, idle: 0, waiting: 0 },
    close: async () => opened?.close(),
  };
}

function schemaOf(engine: "citus" | "postgres"): SchemaRange {
  return schemaRange(knownSchema(engine));
}

function poolSettings({ pool, query }: Config): PoolSettings {
  return { ...pool, efSearch: query.efSearch };
}

/** `memory_entries`, made by the first migration. */
function defaultCollection(config: Config, shardCount: number): CollectionSpec {
  const { defaultDimension: dimension } = config.collection;
  return { name: "memory_entries", dimension, quantization: "none", hnsw: DEFAULT_HNSW, shardCount };
}
