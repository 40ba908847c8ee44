/** The collectors with what they look at. Part of the composition root. */
import { askNodes, type Look } from "../collectors/ask-nodes.ts";
import type { OperationsLook } from "../collectors/operations/collect-operations.ts";
import { type Collectors, startCollectors } from "../collectors/start-collectors.ts";
import type { Config } from "../config/load.ts";
import { indexWorkers, searchSettings } from "../config/search-settings.ts";
import type { FinishedOperations } from "../engines/placement-changes.ts";
import type { PlacementFacts } from "../engines/runtime-placement.ts";
import type { Logger } from "../lib/logger.ts";
import { untilAborted } from "../lib/until-aborted.ts";
import type { Metrics } from "../metrics/create-metrics.ts";
import { createRecords } from "../operations/records.ts";
import { planSearch } from "../query/plan/plan-search.ts";
import { sumLoad } from "../rebalance/inventory.ts";
import { createReadStatements } from "../shards/read-statements.ts";
import type { MapStore } from "../topology/map-store.ts";
import type { Publisher } from "../topology/publisher.ts";
import { type Collection, groupsWithShards, primaryOf, type ShardMap } from "../topology/shard-map.ts";
import type { Storage } from "./storage.ts";

export interface ClusterCollectorsOptions {
  readonly config: Config;
  readonly storage: Storage;
  readonly map: () => ShardMap;
  readonly publisher: Pick<Publisher, "isLeader" | "addTask">;
  readonly store: MapStore;
  /** Where the engine keeps operations that ended. */
  readonly finished: FinishedOperations | undefined;
  readonly metrics: Pick<Metrics, "collectors">;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export function startClusterCollectors(options: ClusterCollectorsOptions): Collectors {
  const { config, storage, map, publisher, store, finished, metrics, logger, monotonicMs } = options;
  const { engine, monitor } = storage;
  const facts = engine.placement?.facts;
  return startCollectors({
    settings: config.collectors,
    isLeader: publisher.isLeader,
    sources: {
      nodes: monitor,
      map,
      relationOf: engine.readRelation,
      mayHoldShards: (look) =>
        facts === undefined
          ? Promise.resolve(groupsWithShards(map()))
          : placeableGroups(facts, options, look),
      load: () => reportedLoad(options.store),
      searches: searchSettings(config),
      indexWorkers: indexWorkers(config),
      baselines: { stored: engine.indexBaselines, term: followTerm(publisher) },
      engine: engine.kind === "citus" ? "citus" : "other",
      records: createRecords(store),
      countFinished: finished && ((signal) => finished.count(signal) as Promise<OperationsLook["counts"]>),
      statements: createReadStatements(),
      parametersOf: (collection, vector, topK) => defaultPlan(collection, vector, topK, config),
      random: Math.random,
    },
    observer: metrics.collectors,
    logger,
    monotonicMs,
  });
}

/** The leader term that this coordinator has at the moment. */
function followTerm({ addTask }: Pick<Publisher, "addTask">): () => number | undefined {
  let present: number | undefined;
  addTask(async ({ term, signal }) => {
    present = term;
    await untilAborted(signal);
    present = undefined;
  });
  return () => present;
}

/** undefined: no coordinator reports any. */
async function reportedLoad(store: MapStore) {
  // Without the store nobody can tell; sizes are worth a look all the same.
  const coordinators = await store.coordinators().catch(() => []);
  return coordinators.some(({ load }) => load !== undefined) ? sumLoad(coordinators) : undefined;
}

/** undefined when the coordinator node of the cluster does not answer. */
async function placeableGroups(
  { coordinatorGroup, placeableGroups: { statement, decode } }: PlacementFacts,
  { storage, map }: ClusterCollectorsOptions,
  look: Look,
) {
  const node = primaryOf(map(), coordinatorGroup);
  if (node === undefined) return undefined;
  const answers = await askNodes(storage.monitor, [{ node, statement }], decode, look);
  return answers.get(node);
}

/** What a search without parameters of its own would do. */
function defaultPlan(collection: Collection, vector: Float32Array, topK: number, { query }: Config) {
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
  return planSearch(request, vector, collection, query);
}
