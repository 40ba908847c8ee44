/** Everything Prometheus is told, in one place; docs/metrics.md explains each. */
import { collectDefaultMetrics, Registry } from "prom-client";
import type { RpcObserver } from "../api/grpc/rpc-observer.ts";
import type { CollectorObserver } from "../collectors/types.ts";
import type { OperationsObserver } from "../operations/observer.ts";
import type { QueryObserver } from "../query/query-observer.ts";
import type { WriteObserver } from "../write/types.ts";
import { addClusterGauges, type ClusterSources } from "./cluster-metrics.ts";
import { collectorMetrics } from "./collector-metrics.ts";
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
  readonly collectors: CollectorObserver;
  readonly operations: OperationsObserver;
  /** What the collectors see; to be called once. */
  addClusterGauges(sources: ClusterSources): void;
  /** To be called once, when what the gauges show is there. */
  addGauges(sources: GaugeSources): void;
  /** Forgets what was measured of shards that the map no longer has. */
  keepShards(shards: ReadonlySet<number>): void;
  /** What a scrape gets. */
  exposition(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Ends what runs in the background. */
  close(): void;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { version, methods, namespaces, slowQueryMs, monotonicMs } = options;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addReadMetric(
    registry,
    { name: "orrery_build_info", help: "Always 1; the label says which version runs.", type: "gauge" },
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
    collectors: collectorMetrics(registry),
    operations: operationMetrics(registry, monotonicMs),
    addClusterGauges: (sources) => addClusterGauges(registry, sources),
    addGauges: (sources) => addGauges(registry, sources),
    keepShards: shards.keepOnly,
    exposition: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    close: stopLag,
  };
}
