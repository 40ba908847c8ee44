/** All collectors of a coordinator. They sample the cluster on the leader and idle elsewhere. */
import type { Logger } from "../lib/logger.ts";
import type { Balance } from "./balance/balance.ts";
import { type BalanceOptions, createBalanceSampler } from "./balance/sample-balance.ts";
import { type Collector, type CollectorOptions, startCollector } from "./collector.ts";
import { ScanCounters } from "./nodes/count-scans.ts";
import { createNodesSampler, type NodeSample, type NodesOptions } from "./nodes/sample-nodes.ts";
import {
  createOperationsSampler,
  type OperationsSample,
  type OperationsSamplerOptions,
} from "./operations/sample-operations.ts";
import { createRecallSampler, type RecallEstimates, type RecallOptions } from "./recall/sample-recall.ts";
import { createReplicationSampler, type GroupReplication } from "./replication/sample-replication.ts";
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
    Pick<NodesOptions, "diskSql"> &
    Pick<RecallOptions, "statements" | "parametersOf" | "moveVector" | "targetOf" | "foundLow" | "random"> &
    Pick<OperationsSamplerOptions, "scanOperations" | "countFinished">;
  readonly observer: CollectorObserver;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface Collectors {
  readonly balance: Collector<Balance>;
  readonly replication: Collector<readonly GroupReplication[]>;
  readonly nodes: Collector<readonly NodeSample[]>;
  readonly operations: Collector<OperationsSample>;
  /** undefined: recall is not measured. */
  readonly recall: Collector<RecallEstimates> | undefined;
  close(): Promise<void>;
}

const STUCK =
  'an index search of this shard found only records with one and the same vector, though others are nearer; see "Many equal vectors" in docs/operations.md';

/** Recall runs statements one after another; each may take as long as a node may. */
const RECALL_STATEMENTS = 17;

export function startCollectors(options: CollectorsOptions): Collectors {
  const { settings, isLeader, sources, observer, logger, monotonicMs } = options;
  const started: Collector<unknown>[] = [];
  const { nodeTimeoutMs } = settings;
  const start = <T>(
    name: CollectorName,
    everyMs: number,
    createSampler: CollectorOptions<T>["createSampler"],
    budgetMs = 2 * nodeTimeoutMs,
  ) => {
    const collector = startCollector({
      name,
      everyMs,
      nodeTimeoutMs,
      budgetMs,
      active: isLeader,
      createSampler,
      observer,
      logger,
      monotonicMs,
    });
    started.push(collector);
    return collector;
  };
  const { forgetStandbyAfterMs: forgetAfterMs, recallIntervalMs } = settings;
  const recallBudgetMs = RECALL_STATEMENTS * nodeTimeoutMs;
  // Shared by all leader terms: Prometheus would take a drop at the start of a term for a counter reset.
  const counters = new ScanCounters();
  return {
    balance: start("balance", settings.balanceIntervalMs, () => createBalanceSampler(sources)),
    replication: start("replication", settings.replicationIntervalMs, () =>
      createReplicationSampler({ ...sources, forgetAfterMs, monotonicMs }),
    ),
    nodes: start("nodes", settings.nodesIntervalMs, () =>
      createNodesSampler({ ...sources, counters, observer, monotonicMs }),
    ),
    operations: start("operations", settings.operationsIntervalMs, () =>
      createOperationsSampler({ ...sources, monotonicMs }),
    ),
    recall:
      recallIntervalMs === 0
        ? undefined
        : start(
            "recall",
            recallIntervalMs,
            () =>
              createRecallSampler({
                ...sources,
                foundStuck: ({ collection, shard, node }) =>
                  logger.warn({ collection: collection.name, shard: shard.id, node: node.name }, STUCK),
                budgetMs: recallBudgetMs,
                monotonicMs,
              }),
            recallBudgetMs,
          ),
    async close() {
      await Promise.all(started.map((collector) => collector.close()));
    },
  };
}
