/**
 * The composition root: builds every part, hands each what it needs, and knows the order to start and stop
 * them.
 */
import { randomUUID } from "node:crypto";
import { methodNames } from "../api/grpc/proto.ts";
import { serveRpc } from "../api/grpc/server.ts";
import type { Config } from "../config/load.ts";
import { validateCollectionSpec } from "../engines/collection-ddl.ts";
import type { CollectionSpec } from "../engines/engine.ts";
import { everyNth } from "../lib/every-nth.ts";
import type { Logger } from "../lib/logger.ts";
import { packageVersion } from "../lib/package-root.ts";
import { type Defer, withReleasers } from "../lib/releasers.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import { serveHttp } from "../metrics/http.ts";
import { NOOP } from "../metrics/noop.ts";
import { isReady, type Readiness } from "../metrics/readiness.ts";
import { createOperations } from "../operations/operations.ts";
import type { AdminApi } from "../operations/types.ts";
import { createLoadMeter, withLoadMeter, withSearchMeter } from "../query/load-meter.ts";
import { createQuery } from "../query/query.ts";
import { createSlowSearchLog } from "../query/slow-search-log.ts";
import { startNodePings } from "../shards/node-pings.ts";
import { createReadStatements } from "../shards/read-statements.ts";
import { startRowStatistics } from "../shards/row-statistics.ts";
import { writeStatements } from "../shards/write-statements.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { lastKnown } from "../topology/last-known.ts";
import { startPresence } from "../topology/presence.ts";
import { startPublisher } from "../topology/publisher.ts";
import { EMPTY_MAP, type ShardMap } from "../topology/shard-map.ts";
import { startMapWatcher } from "../topology/watcher.ts";
import { createRequestTracer } from "../tracing/create-request-tracer.ts";
import { createWrite } from "../write/write.ts";
import { createClusterChanges, createClusterOperations } from "./cluster-admin.ts";
import { startClusterCollectors } from "./collectors.ts";
import { createMapStore } from "./create-map-store.ts";
import { groupsDown, isUp, primaries, secondsSinceAnswer, shardIds } from "./node-health.ts";
import { createRebalance, sharePlacement, startScheduledRebalances } from "./rebalancing.ts";
import { runPeriodically } from "./run-periodically.ts";
import { startStorage } from "./start-storage.ts";
import type { Storage } from "./storage.ts";

export interface Coordinator {
  /** `host:port` of gRPC, as bound. */
  readonly address: string;
  /** `host:port` of /metrics, /livez and /readyz, as bound. */
  readonly httpAddress: string;
  /**
   * Takes no new calls, lets those under way finish, then closes everything. Every call returns the same
   * promise.
   */
  stop(): Promise<void>;
}

const LOAD_INTERVAL_MS = 10_000;
const HEALTH_INTERVAL_MS = 1_000;
/**
 * While etcd does not answer: what is under way, giving up the leader term, and the end of its tasks are
 * calls in turn.
 */
const PUBLISHER_STOP_MS = 30_000;
/** Draining has its own limit inside; this is for what comes on top. */
const DRAIN_MARGIN_MS = 5_000;

/**
 * Resolves when the server listens, with a map or without one: then it is not ready and goes on looking for
 * it.
 */
export async function startCoordinator(config: Config, logger: Logger): Promise<Coordinator> {
  const { value, stop } = await withReleasers((defer) => build(config, logger, defer));
  return { ...value, stop };
}

async function build(config: Config, logger: Logger, defer: Defer): Promise<Omit<Coordinator, "stop">> {
  const id = randomUUID();
  const version = packageVersion();
  const monotonicMs = () => performance.now();
  const metrics = createMetrics({
    version,
    methods: methodNames(),
    namespaces: {
      mode: config.metrics.namespaces,
      top: config.metrics.topNamespaces,
      allowed: config.metrics.allowedNamespaces,
    },
    monotonicMs,
  });
  defer("metrics", async () => metrics.close());
  const observers = config.metrics.enabled ? metrics : NOOP;

  const store = createMapStore(config, logger);
  defer("map store", () => store.close());

  // The nodes follow the map, and the map is read from the nodes.
  let serving: ShardMap = EMPTY_MAP;
  const storage = await startStorage({ config, map: () => serving, logger, defer });
  const { engine, nodes } = storage;
  const watcher = await startMapWatcher({
    store,
    readCatalog: (options) => engine.readMap(options),
    reconcileIntervalMs: config.topology.reconcileIntervalMs,
    rebuildIntervalMs: config.topology.rebuildIntervalMs,
    logger,
    monotonicMs,
  });
  defer("map watcher", () => watcher.close());
  const follow = (map: ShardMap) => {
    serving = map;
    nodes.applyMap(map);
  };
  follow(watcher.current());
  watcher.onChange(follow);
  watcher.onChange((map) => {
    metrics.keepShards(shardIds(map));
    storage.monitor.applyMap(map);
  });

  const publisher = startPublisher({
    store,
    engine,
    map: watcher,
    id,
    publishIntervalMs: config.topology.publishIntervalMs,
    checkIntervalMs: config.topology.checkIntervalMs,
    logger,
    monotonicMs,
  });
  defer("publisher", () => publisher.close(), PUBLISHER_STOP_MS);

  const estimates = startRowStatistics({
    nodes,
    map: watcher.current,
    relationOf: engine.readRelation,
    intervalMs: config.query.statisticsIntervalMs,
    logger,
  });
  defer("row estimates", () => estimates.close());
  const pings = startNodePings({ nodes, map: watcher.current });
  defer("node pings", () => pings.close());
  await pings.pingNow();

  const common = { topology: watcher, nodes, relations: engine, random: Math.random, monotonicMs };
  const meter = createLoadMeter();
  const query = createQuery({
    ...common,
    observer: withLoadMeter(observers.query, meter),
    sampleShards: config.metrics.enabled ? everyNth(config.metrics.shardSampleRate) : () => false,
    slowSearches: withSearchMeter(
      createSlowSearchLog({ afterMs: config.log.slowQueryMs, logger, observer: observers.query }),
      meter,
    ),
    branchesPerStatement: config.query.branchesPerStatement,
    statements: createReadStatements(),
    estimates,
    limits: config.query,
  });
  const write = createWrite({ ...common, observer: observers.write, statements: writeStatements });

  const placement = sharePlacement(config, engine, { store, map: watcher });
  const clusterParts = {
    config,
    storage,
    placement,
    store,
    map: watcher,
    publishNow: publisher.publishNow,
    observer: metrics.operations,
    logger,
  };
  const cluster = createClusterOperations(clusterParts);
  const operations = createOperations({
    ...(cluster && { cluster }),
    store,
    engine,
    map: watcher,
    publishNow: publisher.publishNow,
    deleteNamespace: write.deleteNamespace,
    resolveSpec: (request) => resolveSpec(request, storage),
    id,
    newId: randomUUID,
    epochMs: Date.now,
    logger,
  });
  defer("operations", () => operations.close());
  publisher.addTask(operations.lead);

  const rebalance = createRebalance(config, placement);
  const clusterAdmin = createClusterChanges(clusterParts, { operations, query });
  startScheduledRebalances(config.rebalance, {
    rebalance,
    admin: clusterAdmin,
    isLeader: publisher.isLeader,
    logger,
    observer: metrics.operations,
    defer,
  });
  if (config.collectors.enabled) {
    const collectors = startClusterCollectors({
      config,
      storage,
      map: watcher.current,
      publisher,
      store,
      finished: cluster?.finished,
      metrics,
      logger,
      monotonicMs,
    });
    defer("collectors", () => collectors.close());
    const findings = () => (publisher.isLeader() ? publisher.findings() : undefined);
    metrics.addClusterGauges({ collectors, findings });
  }

  let rpcListening = false;
  const readiness = (): Readiness => ({
    mapLoaded: watcher.loaded(),
    rpcListening,
    secondsSinceAnswer: secondsSinceAnswer(watcher.current(), nodes),
    groupsDown: groupsDown(watcher.current(), nodes),
    mapStoreReachable: watcher.storeReachable(),
  });
  metrics.addGauges({
    mapEpoch: () => watcher.current().epoch,
    mapAgeSeconds: () => watcher.ageMs() / 1000,
    mapStoreReachable: watcher.storeReachable,
    leader: publisher.isLeader,
    nodes: () =>
      primaries(watcher.current()).map((node) => ({ node: node.name, up: isUp(nodes.health(node)) })),
    connections: () => nodes.connections(),
    maxConnections: engine.kind === "embedded" ? 1 : config.pool.max,
  });
  const { exposition } = metrics;
  const http = await serveHttp({ listen: config.http.listen, exposition, readiness, logger });
  defer("http", () => http.close());

  const rpc = await serveRpc(config, {
    query,
    write,
    admin: operations,
    clusterAdmin,
    rebalance,
    operations,
    cluster: {
      engine: engine.kind,
      storeKind: store.kind,
      rows: estimates,
      currentMap: watcher.current,
      findCollection: (name, signal) =>
        withCollection(watcher, { collection: name }, signal, async (collection) => collection),
      onMapChange: watcher.onChange,
      storeReachable: watcher.storeReachable,
      isLeader: publisher.isLeader,
      nodeHealth: (nodeId) => {
        const node = watcher.current().nodes.find((other) => other.id === nodeId);
        return node === undefined ? {} : nodes.health(node);
      },
      coordinators: lastKnown(() => store.coordinators()),
      findings: publisher.findings,
    },
    logger,
    observer: observers.rpc,
    tracer: createRequestTracer({ version }),
    newId: randomUUID,
    epochMs: Date.now,
  });
  const drain = () => {
    rpcListening = false;
    return rpc.stop();
  };
  defer("gRPC", drain, config.rpc.drainTimeoutMs + DRAIN_MARGIN_MS);
  rpcListening = true;
  const tellHealth = () => rpc.setServing(isReady(readiness()));
  tellHealth();
  runPeriodically(defer, { name: "health", everyMs: HEALTH_INTERVAL_MS }, async () => tellHealth());

  const presence = await startPresence({
    store,
    map: watcher,
    self: { id, address: config.rpc.advertise ?? rpc.address, version },
    report: () => meter.report(LOAD_INTERVAL_MS),
    reportIntervalMs: LOAD_INTERVAL_MS,
  });
  defer("presence", () => presence.close());
  logger.info(
    { id, engine: engine.kind, rpc: rpc.address, http: http.address, epoch: serving.epoch },
    "coordinator started",
  );
  return { address: rpc.address, httpAddress: http.address };
}

function resolveSpec(request: Parameters<AdminApi["createCollection"]>[0], storage: Storage): CollectionSpec {
  const spec = { ...request, shardCount: request.shardCount ?? storage.defaultShardCount };
  validateCollectionSpec(spec);
  return spec;
}
