/** Reads and writes, from a request to the nodes and back. Part of the composition root. */
import { everyNth } from "../lib/every-nth.ts";
import type { MemoryBudget } from "../lib/memory-budget.ts";
import { readMemoryLimits } from "../lib/process-memory.ts";
import type { Metrics } from "../metrics/create-metrics.ts";
import { createFilterRows } from "../query/filter-rows.ts";
import { createLearntCosts } from "../query/learnt-costs.ts";
import { createLoadMeter, type LoadMeter } from "../query/load-meter.ts";
import { createQuery } from "../query/query.ts";
import { combineObservers } from "../query/query-observer.ts";
import { createSearchKnowledge } from "../query/search-knowledge.ts";
import { createShardSampler, NO_SAMPLER } from "../query/shard-sampler.ts";
import { createSlowSearchLog } from "../query/slow-search-log.ts";
import type { QueryApi } from "../query/types.ts";
import { startNodePings } from "../shards/node-pings.ts";
import { createReadStatements } from "../shards/read-statements.ts";
import { type RowStatistics, startRowStatistics } from "../shards/row-statistics.ts";
import { writeStatements } from "../shards/write-statements.ts";
import type { WriteApi } from "../write/types.ts";
import { createWrite } from "../write/write.ts";
import type { CoordinatorContext } from "./coordinator-context.ts";
import type { MapAndNodes } from "./map-and-nodes.ts";
import { type Recall, startRecall } from "./recall.ts";
import { createRequestMemory, inlineBytes } from "./request-memory.ts";

export interface RequestPipelines {
  readonly query: QueryApi;
  readonly write: WriteApi;
  readonly estimates: RowStatistics;
  readonly recall: Recall;
  /** How busy this coordinator is with searches. */
  readonly load: LoadMeter;
  /** What requests may hold. */
  readonly memory: MemoryBudget;
}

/** Resolves when every node was asked for a sign of life once. */
export async function startRequestPipelines(
  context: CoordinatorContext,
  { map, storage }: MapAndNodes,
  observers: Pick<Metrics, "query" | "write">,
): Promise<RequestPipelines> {
  const { config, logger, monotonicMs, defer } = context;
  const { engine, nodes } = storage;
  const estimates = startRowStatistics({
    nodes: nodes.upkeep,
    map: map.current,
    relationOf: engine.readRelation,
    intervalMs: config.query.statisticsIntervalMs,
    logger,
  });
  defer("row estimates", () => estimates.close());
  const pings = startNodePings({ nodes: nodes.upkeep, map: map.current });
  defer("node pings", () => pings.close());
  await pings.pingNow();

  const recall = startRecall(context, { storage });
  const memory = createRequestMemory(config, readMemoryLimits());
  const common = { topology: map, nodes, relations: engine, random: Math.random, monotonicMs };
  const load = createLoadMeter();
  const slowSearches = createSlowSearchLog({ afterMs: config.log.slowQueryMs, logger });
  // An embedded node has one session, so what is measured there would delay requests.
  const sampler =
    config.metrics.enabled && config.engine !== "embedded"
      ? createShardSampler({
          nodes: nodes.upkeep,
          isDue: everyNth(config.metrics.shardSampleRate),
          observer: observers.query,
          random: Math.random,
        })
      : NO_SAMPLER;
  defer("shard sampler", () => sampler.close());
  const statements = createReadStatements();
  const { branchesPerStatement, statisticsIntervalMs } = config.query;
  const costs = createLearntCosts();
  const knowledge = createSearchKnowledge({
    estimates,
    recall: recall.model,
    costs,
    filterRows: createFilterRows({
      ...common,
      estimates,
      statements,
      branchesPerStatement,
      rememberMs: statisticsIntervalMs,
    }),
  });
  const query = createQuery({
    ...common,
    observer: combineObservers([observers.query, load.observer, slowSearches, ...recall.observers]),
    sampler,
    branchesPerStatement,
    statements,
    estimates,
    knowledge,
    limits: config.query,
    inlineBytes: inlineBytes(memory),
  });
  const write = createWrite({ ...common, observer: observers.write, statements: writeStatements });
  return { query, write, estimates, recall, load, memory };
}
