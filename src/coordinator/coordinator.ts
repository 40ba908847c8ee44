/** The composition root: builds every part, hands each what it needs, and knows the order to start and stop them. */
import { randomUUID } from "node:crypto";
import { methodNames } from "../api/grpc/proto.ts";
import { serveRpc } from "../api/grpc/server.ts";
import type { Config } from "../config/load.ts";
import { validateCollectionSpec } from "../engines/collection-ddl.ts";
import type { CollectionSpec } from "../engines/engine.ts";
import { everyNth } from "../lib/every-nth.ts";
import type { Logger } from "../lib/logger.ts";
import { packageVersion } from "../lib/package-root.ts";
import { type Keep, withReleasers } from "../lib/releasers.ts";
import { createMetrics } from "../metrics/create-metrics.ts";
import { serveHttp } from "../metrics/http.ts";
import { isReady, type Readiness } from "../metrics/readiness.ts";
import { SILENT } from "../metrics/silent.ts";
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
import { createRebalance, keepSchedule } from "./rebalancing.ts";
import { keepRepeating } from "./run-periodically.ts";
import { type Storage, startStorage } from "./storage.ts";

export interface Coordinator {
  /** `host:port` of gRPC, as bound. */
  readonly address: string;
  /** `host:port` of /metrics, /livez and /readyz, as bound. */
  readonly httpAddress: string;
  /** Takes no new calls, lets those under way finish, then closes everything. Every call returns the same promise. */
  stop(): Promise<void>;
}

const LOAD_INTERVAL_MS = 10_000;
const HEALTH_INTERVAL_MS = 1_000;
/** While etcd does not answer: what is under way, giving up the office, and the end of its duties are calls in turn. */
const PUBLISHER_STOP_MS = 30_000;
/** Draining has its own limit inside; this is for what comes on top. */
const DRAIN_MARGIN_MS = 5_000;

/** Resolves when the server listens, with a map or without one: then it is not ready and goes on looking for it. */
export async function startCoordinator(config: Config, logger: Logger): Promise<Coordinator> {
  const { value, stop } = await withReleasers((keep) => build(config, logger, keep));
  return { ...value, stop };
}

async function build(config: Config, logger: Logger, keep: Keep): Promise<Omit<Coordinator, "stop">> {
  const id = randomUUID();
  const version = packageVersion();
  const clock = () => performance.now();
  const metrics = createMetrics({
    version,
    methods: methodNames(),
    namespaces: {
      mode: config.metrics.namespaces,
      top: config.metrics.topNamespaces,
      allowed: config.metrics.allowedNamespaces,
    },
    clock,
  });
  keep("metrics", async () => metrics.close());
  const observers = config.metrics.enabled ? metrics : SILENT;

  const store = createMapStore(config, logger);
  keep("map store", () => store.close());

  // The nodes follow the map, and the map is read from the nodes.
  let serving: ShardMap = EMPTY_MAP;
  const storage = await startStorage({ config, map: () => serving, logger, keep });
  const { engine, nodes } = storage;
  const watcher = await startMapWatcher({
    store,
    readCatalog: (options) => engine.readMap(options),
    reconcileIntervalMs: config.topology.reconcileIntervalMs,
    rebuildIntervalMs: config.topology.rebuildIntervalMs,
    logger,
    clock,
  });
  keep("map watcher", () => watcher.close());
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
    clock,
  });
  keep("publisher", () => publisher.close(), PUBLISHER_STOP_MS);

  const estimates = startRowStatistics({
    nodes,
    map: watcher.current,
    relationOf: engine.readRelation,
    intervalMs: config.query.statisticsIntervalMs,
    logger,
  });
  keep("row estimates", () => estimates.close());
  const pings = startNodePings({ nodes, map: watcher.current });
  keep("node pings", () => pings.close());
  await pings.pingNow();

  const common = { topology: watcher, nodes, relations: engine, random: Math.random, now: clock };
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

  const clusterParts = {
    config,
    storage,
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
    clock: Date.now,
    logger,
  });
  keep("operations", () => operations.close());
  publisher.addDuty(operations.lead);

  const rebalance = createRebalance(config, storage, { store, map: watcher });
  const clusterAdmin = createClusterChanges(clusterParts, { operations, query });
  keepSchedule(config.rebalance, {
    rebalance,
    admin: clusterAdmin,
    isLeader: publisher.isLeader,
    logger,
    observer: metrics.operations,
    keep,
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
      clock,
    });
    keep("collectors", () => collectors.close());
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
  keep("http", () => http.close());

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
    now: Date.now,
  });
  const drain = () => {
    rpcListening = false;
    return rpc.stop();
  };
  keep("gRPC", drain, config.rpc.drainTimeoutMs + DRAIN_MARGIN_MS);
  rpcListening = true;
  const tellHealth = () => rpc.setServing(isReady(readiness()));
  tellHealth();
  keepRepeating(keep, { name: "health", everyMs: HEALTH_INTERVAL_MS }, async () => tellHealth());

  const presence = await startPresence({
    store,
    map: watcher,
    self: { id, address: config.rpc.advertise ?? rpc.address, version },
    report: () => meter.report(LOAD_INTERVAL_MS),
    reportIntervalMs: LOAD_INTERVAL_MS,
  });
  keep("presence", () => presence.close());
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
