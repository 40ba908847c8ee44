/** What collectors need from outside. */
import type { Row, Statement } from "../shards/statement.ts";
import type { Node } from "../topology/shard-map.ts";

export type CollectorName = "balance" | "replication" | "nodes" | "operations" | "recall";

/** How a sample ended: `timeout` when a node or the whole sample ran out of time. */
export type SampleResult = "ok" | "failed" | "timeout";

/** Called as collectors run; implemented by the metrics. */
export interface CollectorObserver {
  sampled(info: {
    readonly collector: CollectorName;
    readonly result: SampleResult;
    readonly elapsedMs: number;
  }): void;
  /** The build of an HNSW index that earlier samples saw running has ended. */
  indexBuilt(info: { readonly elapsedMs: number }): void;
}

/** The nodes of the cluster, standbys included, over connections that no request uses. */
export interface MonitoredNodes {
  /** Errors as NodeDriver.run. */
  run(node: Node, statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
}
