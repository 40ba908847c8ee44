/** All metrics for Prometheus, in one place; docs/metrics.md explains each. */
import { collectDefaultMetrics, Registry } from "prom-client";
import type { RpcObserver } from "../api/rpc-observer.ts";
import type { CollectorObserver } from "../collectors/types.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import type { QueryObserver } from "../query/query-observer.ts";
import type { WriteObserver } from "../write/types.ts";
import { addClusterGauges, type ClusterSources } from "./cluster-metrics.ts";
import { collectorMetrics } from "./collector-metrics.ts";
import { type ConnectionMetrics, connectionMetrics } from "./connection-metrics.ts";
import { observeEventLoopLag } from "./event-loop-lag.ts";
import { addReadMetric } from "./families.ts";
import { addGauges, type GaugeSources } from "./gauges.ts";
import type { NamespaceLabelOptions } from "./namespace-labels.ts";
import { operationMetrics } from "./operation-metrics.ts";
import { rpcMetrics } from "./rpc-metrics.ts";
import { searchMetrics } from "./search-metrics.ts";
import { shardLatency } from "./shard-latency.ts";
import { statementMetrics } from "./statement-metrics.ts";

export interface MetricsOptions {
  readonly version: string;
  /** `orrery.v1.Service/Method`. */
  readonly methods: readonly string[];
  readonly namespaces: Omit<NamespaceLabelOptions, "monotonicMs">;
  /** Searches that take at least this long count as slow; undefined: none. */
  readonly slowQueryMs: number | undefined;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface Metrics {
  readonly query: QueryObserver;
  readonly write: WriteObserver;
  readonly rpc: RpcObserver;
  readonly connections: ConnectionMetrics;
  readonly collectors: CollectorObserver;
  readonly operations: OperationsObserver;
  /** Gauges of the collectors' samples; call it once. */
  addClusterGauges(sources: ClusterSources): void;
  /** Gauges of the coordinator's state; call it once, when the sources exist. */
  addGauges(sources: GaugeSources): void;
  /** Drops the series of all other shards. */
  keepShards(shards: ReadonlySet<number>): void;
  /** The body of a scrape. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Stops the background timer. */
  close(): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { version, methods, namespaces, slowQueryMs, monotonicMs } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addReadMetric(
    registry,
    { name: "orrery_build_info", help: "Always 1; the label is the running version.", type: "gauge" },
    () => [{ labels: { version }, value: 1 }],
  );
  const statements = statementMetrics(registry);
  const shards = shardLatency(registry);
  const { query, encoding } = searchMetrics(registry, {
    namespaces: { ...namespaces, monotonicMs },
    slowQueryMs,
    statements,
    shards,
  });
  const stopLag = observeEventLoopLag(registry, monotonicMs);
  return {
    query,
    write: statements.write,
    rpc: rpcMetrics(registry, { methods, encoding }),
    connections: connectionMetrics(registry),
    collectors: collectorMetrics(registry),
    operations: operationMetrics(registry, monotonicMs),
    addClusterGauges: (sources) => addClusterGauges(registry, sources),
    addGauges: (sources) => addGauges(registry, sources),
    keepShards: shards.keepOnly,
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    close: stopLag,
  };
}
