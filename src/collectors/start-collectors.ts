/**
 * All collectors of a coordinator. They look at the cluster where this coordinator leads, and sleep
 * elsewhere.
 */
import type { Logger } from "../lib/logger.ts";
import type { Balance } from "./balance/collect-balance.ts";
import { type BalanceOptions, createBalanceCollector } from "./balance/collect-balance.ts";
import { type Collector, type CollectorOptions, startCollector } from "./collector.ts";
import { createNodesCollector, type NodeLook, type NodesOptions } from "./nodes/collect-nodes.ts";
import { ScanCounters } from "./nodes/count-scans.ts";
import {
  createOperationsCollector,
  type OperationsLook,
  type OperationsOptions,
} from "./operations/collect-operations.ts";
import { createRecallCollector, type RecallEstimates, type RecallOptions } from "./recall/collect-recall.ts";
import {
  createReplicationCollector,
  type GroupReplication,
  type ReplicationOptions,
} from "./replication/collect-replication.ts";
import type { CollectorName, CollectorObserver } from "./types.ts";

export interface CollectorSettings {
  readonly balanceIntervalMs: number;
  readonly replicationIntervalMs: number;
  readonly nodesIntervalMs: number;
  readonly operationsIntervalMs: number;
  /** 0: recall is not measured. */
  readonly recallIntervalMs: number;
  readonly nodeTimeoutMs: number;
  readonly forgetStandbyAfterMs: number;
}

export interface CollectorsOptions {
  readonly settings: CollectorSettings;
  readonly isLeader: () => boolean;
  readonly sources: BalanceOptions &
    Pick<NodesOptions, "engine"> &
    Pick<RecallOptions, "statements" | "parametersOf" | "random"> &
    Pick<OperationsOptions, "records" | "countFinished">;
  readonly observer: CollectorObserver;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: ReplicationOptions["monotonicMs"];
}

export interface Collectors {
  readonly balance: Collector<Balance>;
  readonly replication: Collector<readonly GroupReplication[]>;
  readonly nodes: Collector<readonly NodeLook[]>;
  readonly operations: Collector<OperationsLook>;
  readonly recall: Collector<RecallEstimates> | undefined;
  close(): Promise<void>;
}

/** It asks one statement after another, each of which may take as long as a node may. */
const RECALL_STATEMENTS = 12;

export function startCollectors(options: CollectorsOptions): Collectors {
  const { settings, isLeader, sources, observer, logger, monotonicMs } = options;
  const started: Collector<unknown>[] = [];
  const { nodeTimeoutMs } = settings;
  const start = <T>(
    name: CollectorName,
    everyMs: number,
    begin: CollectorOptions<T>["begin"],
    budgetMs = 2 * nodeTimeoutMs,
  ) => {
    const collector = startCollector({
      name,
      everyMs,
      nodeTimeoutMs,
      budgetMs,
      active: isLeader,
      begin,
      observer,
      logger,
      monotonicMs,
    });
    started.push(collector);
    return collector;
  };
  const { forgetStandbyAfterMs: forgetAfterMs, recallIntervalMs } = settings;
  const recallBudgetMs = RECALL_STATEMENTS * nodeTimeoutMs;
  // Over all leader term: a counter that fell when one begins would be taken for one that began at 0.
  const counters = new ScanCounters();
  return {
    balance: start("balance", settings.balanceIntervalMs, () => createBalanceCollector(sources)),
    replication: start("replication", settings.replicationIntervalMs, () =>
      createReplicationCollector({ ...sources, forgetAfterMs, monotonicMs }),
    ),
    nodes: start("nodes", settings.nodesIntervalMs, () =>
      createNodesCollector({ ...sources, counters, observer, monotonicMs }),
    ),
    operations: start("operations", settings.operationsIntervalMs, () =>
      createOperationsCollector({ ...sources, monotonicMs }),
    ),
    recall:
      recallIntervalMs === 0
        ? undefined
        : start(
            "recall",
            recallIntervalMs,
            () => createRecallCollector({ ...sources, budgetMs: recallBudgetMs, monotonicMs }),
            recallBudgetMs,
          ),
    async close() {
      await Promise.all(started.map((collector) => collector.close()));
    },
  };
}
