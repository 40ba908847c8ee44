/** The servers of one coordinator, and its presence among the others. Part of the composition root. */
import { randomUUID } from "node:crypto";
import type { ClusterApi } from "../api/cluster-api.ts";
import { type RpcServer, serveRpc } from "../api/grpc/server.ts";
import { readMemoryLimits } from "../lib/process-memory.ts";
import { serveHttp } from "../metrics/http.ts";
import type { PlanChecks } from "../shards/plan-checks.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { SERVED_TRAITS } from "../topology/collection-traits.ts";
import { lastKnown } from "../topology/last-known.ts";
import { startPresence } from "../topology/presence.ts";
import { createRequestTracer } from "../tracing/create-request-tracer.ts";
import type { Administration } from "./administration.ts";
import { cannotListen } from "./check-config.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";
import type { Observation } from "./observation.ts";
import { createReadinessProbe, type ReadinessProbe, startHealthUpdates } from "./readiness-probe.ts";
import { processBytes } from "./request-memory.ts";
import type { RequestPipelines } from "./request-pipelines.ts";
import type { Leading } from "./start-leading.ts";

const LOAD_INTERVAL_MS = 10_000;
/** Draining has its own limit inside; this is for what comes on top. */
const DRAIN_MARGIN_MS = 5_000;

export interface ServedParts {
  readonly cluster: MapAndNodes;
  readonly leading: Leading;
  readonly requests: RequestPipelines;
  readonly admin: Administration;
  readonly plans: Pick<PlanChecks, "findings">;
  readonly observation: Observation;
}

export interface Addresses {
  /** `host:port` of gRPC, as bound. */
  readonly address: string;
  /** `host:port` of /metrics, /livez and /readyz, as bound. */
  readonly httpAddress: string;
}

/** HTTP first and gRPC last, so that nothing is asked of what has not started. */
export async function startServers(context: CoordinatorContext, parts: ServedParts): Promise<Addresses> {
  const { config, id, version, logger, defer } = context;
  const { cluster, requests, observation } = parts;
  const readiness = createReadinessProbe(cluster);
  const { exposition, connections } = observation.metrics;
  const http = await serveHttp({
    settings: config.http,
    exposition,
    readiness: readiness.read,
    observer: connections.http,
    logger,
  }).catch((cause: unknown) => {
    throw cannotListen("http.listen", config.http.listen, cause);
  });
  defer("http", () => http.close());

  const rpc = await startRpc(context, parts, readiness);
  startHealthUpdates(defer, rpc, readiness);

  const presence = await startPresence({
    store: cluster.store,
    map: cluster.map,
    self: { id, address: config.rpc.advertise ?? rpc.address, version, serves: SERVED_TRAITS },
    report: () => requests.load.report(LOAD_INTERVAL_MS),
    reportIntervalMs: LOAD_INTERVAL_MS,
  });
  defer("presence", () => presence.close());
  return { address: rpc.address, httpAddress: http.address };
}

async function startRpc(
  { config, version, logger, monotonicMs, turns, defer }: CoordinatorContext,
  { cluster, leading, requests, admin, plans, observation }: ServedParts,
  readiness: ReadinessProbe,
): Promise<RpcServer> {
  const { operations, clusterAdmin, rebalance } = admin;
  const rpc = await serveRpc(config, {
    query: requests.query,
    write: requests.write,
    admin: operations,
    clusterAdmin,
    rebalance,
    operations,
    cluster: clusterApi(cluster, { leading, plans }, requests),
    logger,
    observer: observation.observers.rpc,
    connectionObserver: observation.metrics.connections.grpc,
    tracer: createRequestTracer({ version }),
    newId: randomUUID,
    memory: requests.memory,
    turns,
    processBytes: processBytes(config, readMemoryLimits()),
    epochMs: Date.now,
    monotonicMs,
  });
  const drain = () => {
    readiness.setRpcListening(false);
    return rpc.stop();
  };
  defer("gRPC", drain, config.rpc.drainTimeoutMs + DRAIN_MARGIN_MS);
  readiness.setRpcListening(true);
  return rpc;
}

function clusterApi(
  { map, store, storage: { engine, nodes } }: MapAndNodes,
  { leading, plans }: Pick<ServedParts, "leading" | "plans">,
  { estimates }: RequestPipelines,
): ClusterApi {
  return {
    engine: engine.kind,
    storeKind: store.kind,
    rows: estimates,
    currentMap: map.current,
    findCollection: (name, signal) =>
      withCollection(map, { collection: name }, signal, async (collection) => collection),
    onMapChange: map.onChange,
    storeReachable: map.storeReachable,
    isLeader: leading.isLeader,
    nodeHealth: (nodeId) => {
      const node = map.current().nodes.find((other) => other.id === nodeId);
      return node === undefined ? {} : nodes.health(node);
    },
    coordinators: lastKnown(() => store.coordinators()),
    findings: () => [...leading.findings(), ...plans.findings()],
  };
}
