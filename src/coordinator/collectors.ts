/** Starts the collectors with their sources. Part of the composition root. */

import { queryNodes } from "../collectors/query-nodes.ts";
import type { MeasuredShard, SearchParameters } from "../collectors/recall/measure-recall.ts";
import type { SampleContext } from "../collectors/sample.ts";
import { type Collectors, startCollectors } from "../collectors/start-collectors.ts";
import type { Config } from "../config/load.ts";
import { indexWorkers, searchSettings } from "../config/search-settings.ts";
import type { PlacementFacts } from "../engines/runtime-placement.ts";
import type { Logger } from "../lib/logger.ts";
import { untilAborted } from "../lib/until-aborted.ts";
import type { Metrics } from "../metrics/create-metrics.ts";
import { createRecords, isFinished } from "../operations/records.ts";
import { distanceApart, movedBy } from "../query/plan/move-vector.ts";
import { planSearch } from "../query/plan/plan-search.ts";
import { type RecallModel, recallTargetOf, WIDEST } from "../query/plan/recall-settings.ts";
import { MAX_EF_SEARCH } from "../query/plan/strategy.ts";
import { sumLoad } from "../rebalance/inventory.ts";
import { createReadStatements } from "../shards/read-statements.ts";
import type { RowStatistics } from "../shards/row-statistics.ts";
import type { Leader } from "../topology/leader.ts";
import type { MapStore } from "../topology/map-store.ts";
import { groupsWithShards, primaryOf, type ShardMap } from "../topology/shard-map.ts";
import type { Storage } from "./storage.ts";

export interface ClusterCollectorsOptions {
  readonly config: Config;
  readonly storage: Storage;
  readonly map: () => ShardMap;
  readonly leader: Pick<Leader, "isLeader" | "addTask">;
  readonly store: MapStore;
  readonly metrics: Pick<Metrics, "collectors">;
  readonly recall: RecallModel;
  readonly estimates: Pick<RowStatistics, "shardRows">;
  /** A collection's sampled recall is below what its searches want. */
  readonly noteLow: (collectionId: number) => void;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** Of the distance to the nearest neighbour: as far as queries are from what they look for. */
const NOISE = 0.5;

export function startClusterCollectors(options: ClusterCollectorsOptions): Collectors {
  const { config, storage, map, leader, store, metrics, logger, monotonicMs } = options;
  const { engine, monitor } = storage;
  const facts = engine.placement?.facts;
  return startCollectors({
    settings: config.collectors,
    isLeader: leader.isLeader,
    sources: {
      nodes: monitor,
      map,
      relationOf: engine.readRelation,
      placeableGroups: (context) =>
        facts === undefined
          ? Promise.resolve(groupsWithShards(map()))
          : placeableGroups(facts, options, context),
      load: () => reportedLoad(store),
      searches: searchSettings(config),
      indexWorkers: indexWorkers(config),
      shardsMove: facts !== undefined,
      baselines: { persisted: engine.indexBaselines, leaderTerm: followLeaderTerm(leader) },
      diskSql: facts?.diskSql,
      scanOperations: () => scanOperations(store),
      countFinished: (signal) => engine.finished.count(signal),
      statements: createReadStatements(),
      parametersOf: (shard, vector, topK) => usualParameters(shard, { vector, topK }, options),
      moveVector: (vector, similarity, { metric }) =>
        movedBy(vector, NOISE * distanceApart(vector, similarity, metric), Math.random),
      targetOf: recallTargetOf,
      foundLow: ({ id }) => options.noteLow(id),
      random: Math.random,
    },
    observer: metrics.collectors,
    logger,
    monotonicMs,
  });
}

/** Reads the leader term that this coordinator holds at the moment; undefined while it holds none. */
function followLeaderTerm({ addTask }: Pick<Leader, "addTask">): () => number | undefined {
  let present: number | undefined;
  addTask(async ({ term, signal }) => {
    present = term;
    await untilAborted(signal);
    present = undefined;
  });
  return () => present;
}

async function scanOperations(store: MapStore) {
  const { operations, unreadable } = await createRecords(store).scan();
  return {
    operations: operations.map(({ value, revision }) => ({
      id: value.id,
      kind: value.kind,
      state: value.state,
      isFinished: isFinished(value),
      revision,
    })),
    unreadable: unreadable.length,
  };
}

/** undefined: no coordinator reports any. */
async function reportedLoad(store: MapStore) {
  // Load is known only from the store; without it, sizes are still worth sampling.
  const coordinators = await store.coordinators().catch(() => []);
  return coordinators.some(({ load }) => load !== undefined) ? sumLoad(coordinators) : undefined;
}

/** undefined when the coordinator node of the cluster does not answer. */
async function placeableGroups(
  { coordinatorGroup, placeableGroups: { statement, decode } }: PlacementFacts,
  { storage, map }: ClusterCollectorsOptions,
  context: SampleContext,
) {
  const node = primaryOf(map(), coordinatorGroup);
  if (node === undefined) return undefined;
  const answers = await queryNodes(storage.monitor, [{ node, statement }], decode, context);
  return answers.get(node);
}

/** Of a search of the whole shard that sets none of its own. */
function usualParameters(
  { collection, shard }: MeasuredShard,
  { vector, topK }: { readonly vector: Float32Array; readonly topK: number },
  { config: { query }, recall, estimates }: ClusterCollectorsOptions,
): SearchParameters {
  const request = {
    collection: collection.name,
    scope: { kind: "all" },
    query: { kind: "vector", vector },
    topK,
    params: {},
    allowPartial: false,
    include: { value: false, metadata: false, vector: false },
    includeProfile: false,
  } as const;
  const plan = planSearch(request, vector, collection, query);
  const shardRows = estimates.shardRows(collection, shard.id);
  const wanted = { collection, topK, shardRows, fanOut: 1, namespace: undefined };
  const settings = recall.settingsFor({ ...wanted, target: plan.recallTarget });
  const { efSearch, oversampling } = settings === "exact" ? WIDEST : settings;
  const candidates = Math.min(Math.ceil(topK * oversampling), MAX_EF_SEARCH);
  return {
    vector: plan.vector,
    candidates,
    efSearch: Math.max(plan.efSearch ?? efSearch, candidates),
    exact: settings === "exact" && plan.efSearch === undefined,
  };
}
