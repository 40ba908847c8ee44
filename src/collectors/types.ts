/** What collectors need of the outside. */
import type { Row, Statement } from "../shards/statement.ts";
import type { Node } from "../topology/shard-map.ts";

export type CollectorName = "balance" | "replication" | "nodes" | "operations" | "recall";

/** How a run ended: `timeout` when it was not done within its budget. */
export type RunResult = "ok" | "failed" | "timeout";

/** Told about each run; implemented by the metrics. */
export interface CollectorObserver {
  ran(info: {
    readonly collector: CollectorName;
    readonly result: RunResult;
    readonly elapsedMs: number;
  }): void;
  /** A build of an HNSW index that was seen under way is over. */
  indexBuilt(info: { readonly elapsedMs: number }): void;
}

/** The nodes of the cluster, standbys too, on connections that no request uses. */
export interface MonitoredNodes {
  /** Errors as NodeDriver.run. */
  ask(node: Node, statement: Statement, signal: AbortSignal): Promise<readonly Row[]>;
}
