/** Queries and writes over a real cluster, without gRPC, with a map that the test controls. */
import { loadConfig } from "../../src/config/load.ts";
import { createCitusStorage } from "../../src/coordinator/citus-storage.ts";
import type { Engine } from "../../src/engines/engine.ts";
import { OrreryError } from "../../src/errors.ts";
import { CallSignal } from "../../src/lib/cancellation.ts";
import { withReleasers } from "../../src/lib/releasers.ts";
import { TurnQueue } from "../../src/lib/turns.ts";
import { createFilterRows } from "../../src/query/filter-rows.ts";
import { createLearntCosts } from "../../src/query/learnt-costs.ts";
import type { RecallModel } from "../../src/query/plan/recall-settings.ts";
import { createQuery } from "../../src/query/query.ts";
import type { QueryObserver } from "../../src/query/query-observer.ts";
import { createSearchKnowledge } from "../../src/query/search-knowledge.ts";
import { NO_SAMPLER } from "../../src/query/shard-sampler.ts";
import type { QueryApi, RequestContext, RowEstimates } from "../../src/query/types.ts";
import { createRecallModel } from "../../src/recall/recall-model.ts";
import type { NodePools } from "../../src/shards/node-pools.ts";
import { createReadStatements } from "../../src/shards/read-statements.ts";
import { startRowStatistics } from "../../src/shards/row-statistics.ts";
import { writeStatements } from "../../src/shards/write-statements.ts";
import type { CurrentMap } from "../../src/topology/current-map.ts";
import { EMPTY_MAP, type ShardMap } from "../../src/topology/shard-map.ts";
import type { WriteApi } from "../../src/write/types.ts";
import { createWrite } from "../../src/write/write.ts";
import { silentLogger } from "./silent-logger.ts";

export interface Stack {
  readonly engine: Engine;
  readonly nodes: NodePools;
  readonly query: QueryApi;
  readonly write: WriteApi;
  readonly topology: CurrentMap;
  /** How many statements were refused and rerouted. */
  readonly reroutes: () => number;
  /** Reads the catalogs and serves that map from now on. */
  reload(): Promise<ShardMap>;
  /** Serves this map, as a coordinator cut off from etcd would. */
  serve(map: ShardMap): void;
  readStatistics(): Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the map after a refusal, so that every request starts from the stale one. */
  readonly keepStale?: boolean;
  /** Replaces the row estimates. */
  readonly estimates?: RowEstimates;
  /** How wide indexes are searched. */
  readonly recall?: RecallModel;
  /** Of payload, that a search reads before its winners are known. */
  readonly inlineBytes?: number;
}

export async function startStack({
  url,
  env = {},
  keepStale = false,
  estimates,
  recall = createRecallModel([]),
  inlineBytes = 2 ** 20,
}: StackOptions): Promise<Stack> {
  const config = loadConfig({ env: { ORRERY_ENGINE: "citus", ORRERY_CITUS_URL: url, ...env } });
  let map = EMPTY_MAP;
  let reroutes = 0;
  const { value, stop } = await withReleasers(async (defer) => {
    const storage = createCitusStorage({
      config,
      map: () => map,
      logger: silentLogger,
      turns: new TurnQueue(),
      step() {},
      defer,
    });
    const { engine, nodes } = storage;
    const read = async (options: Parameters<Engine["readMap"]>[0]) => ({
      ...(await engine.readMap(options)),
      epoch: 1,
    });
    const serve = (next: ShardMap) => {
      map = next;
      nodes.applyMap(next);
    };
    const topology: CurrentMap = {
      current: () => map,
      refresh: async (options) => {
        const next = await read(options);
        if (!keepStale) serve(next);
        return next;
      },
      refreshRarely: (signal) => topology.refresh({ signal }),
    };
    const statistics = startRowStatistics({
      nodes,
      map: () => map,
      relationOf: engine.readRelation,
      intervalMs: 3_600_000,
      logger: silentLogger,
    });
    defer("row estimates", () => statistics.close());
    const observer: QueryObserver = {
      statementRun() {},
      rerouted() {
        reroutes += 1;
      },
      secondRound() {},
      payloadRead() {},
      fenced() {},
      shardSampled() {},
      searchFinished() {},
    };
    const common = { topology, nodes, random: Math.random, monotonicMs: () => performance.now() };
    const { branchesPerStatement } = config.query;
    const statements = createReadStatements();
    const known = {
      ...common,
      relations: engine,
      statements,
      branchesPerStatement,
      estimates: estimates ?? statistics,
    };
    const query = createQuery({
      ...known,
      observer,
      sampler: NO_SAMPLER,
      knowledge: createSearchKnowledge({
        estimates: known.estimates,
        recall,
        costs: createLearntCosts(),
        filterRows: createFilterRows({ ...known, rememberMs: 3_600_000 }),
      }),
      limits: config.query,
      inlineBytes,
    });
    const write = createWrite({
      ...common,
      observer: { written() {} },
      relations: engine,
      statements: writeStatements,
    });
    return { engine, nodes, query, write, topology, statistics, read, serve };
  });
  return {
    ...value,
    reroutes: () => reroutes,
    async reload() {
      value.serve(await value.read({ signal: AbortSignal.timeout(10_000) }));
      return map;
    },
    readStatistics: () => value.statistics.read(AbortSignal.timeout(10_000)),
    stop,
  };
}

/** A request with a deadline `ms` from now. */
export function within(ms: number): RequestContext {
  const signal = new CallSignal();
  setTimeout(() => signal.abort(new OrreryError("DEADLINE_EXCEEDED", `not done in ${ms} ms`)), ms).unref();
  return { signal, requestId: "test" };
}
