/** What is measured, and who measures it. Part of the composition root. */

import type { Collectors } from "../collectors/start-collectors.ts";
import { createMetrics, type Metrics } from "../metrics/create-metrics.ts";
import { NOOP } from "../metrics/noop.ts";
import { methodNames } from "../proto/load-proto.ts";
import type { CalibrationTask } from "../recall/calibrate/calibrate-when-due.ts";
import type { PlanChecks } from "../shards/plan-checks.ts";
import { startClusterCollectors } from "./collectors.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";
import { isUp, primaries } from "./node-health.ts";
import { recallTargetIn } from "./recall.ts";
import type { RequestPipelines } from "./request-pipelines.ts";
import type { Leading } from "./start-leading.ts";

export interface Observation {
  readonly metrics: Metrics;
  /** Of requests; noops where they are not to be measured. */
  readonly observers: Pick<Metrics, "query" | "write" | "rpc">;
}

export function createObservation({ config, version, monotonicMs, defer }: CoordinatorContext): Observation {
  const metrics = createMetrics({
    version,
    methods: methodNames(),
    namespaces: {
      mode: config.metrics.namespaces,
      top: config.metrics.topNamespaces,
      allowed: config.metrics.allowedNamespaces,
    },
    slowQueryMs: config.log.slowQueryMs,
    monotonicMs,
  });
  defer("metrics", async () => metrics.close());
  return { metrics, observers: config.metrics.enabled ? metrics : NOOP };
}

export interface ObservedParts extends MapAndNodes {
  readonly metrics: Metrics;
  readonly leading: Leading;
  readonly requests: Pick<RequestPipelines, "memory" | "recall" | "estimates">;
  /** Undefined where recall is not to be measured. */
  readonly calibration: CalibrationTask | undefined;
  readonly plans: Pick<PlanChecks, "findings" | "misplanned">;
}

/**
 * Starts the collectors, where they are enabled, and returns them; adds the gauges of what was started
 * before.
 */
export function observeCluster(
  { config, logger, monotonicMs, defer }: CoordinatorContext,
  { metrics, store, storage, map, leading, requests, calibration, plans }: ObservedParts,
): Collectors | undefined {
  const { engine, nodes } = storage;
  const { memory, recall, estimates } = requests;
  let collectors: Collectors | undefined;
  if (config.collectors.enabled) {
    const started = startClusterCollectors({
      config,
      storage,
      map: map.current,
      leader: leading,
      store,
      metrics,
      recall: recall.model,
      estimates,
      noteLow: (id) => calibration?.noteLow(id),
      logger,
      monotonicMs,
    });
    collectors = started;
    defer("collectors", () => started.close());
    const findings = () => (leading.isLeader() ? [...leading.findings(), ...plans.findings()] : undefined);
    const recallTargets = () =>
      leading.isLeader() ? map.current().collections.map((of) => recallTargetIn(of, recall.model)) : [];
    metrics.addClusterGauges({ collectors: started, findings, recallTargets, misplanned: plans.misplanned });
  }
  metrics.addGauges({
    mapEpoch: () => map.current().epoch,
    mapAgeSeconds: () => map.ageMs() / 1000,
    mapStoreReachable: map.storeReachable,
    leader: leading.isLeader,
    nodes: () => primaries(map.current()).map((node) => ({ node: node.name, up: isUp(nodes.health(node)) })),
    connections: () => nodes.connections(),
    memory,
    maxConnections: engine.kind === "embedded" ? 1 : config.pool.max,
  });
  return collectors;
}
