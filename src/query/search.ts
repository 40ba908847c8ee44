/** The life of a search: snapshot, plan, route, scatter, merge. */
import { invalidField, OrreryError } from "../errors.ts";
import type { ReadStatements } from "../shards/read-statements.ts";
import type { FoundRow } from "../shards/sql/search.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { branchOf } from "./branch.ts";
import { assess } from "./completeness.ts";
import { mergeHits } from "./merge.ts";
import { planSearch, type QueryLimits, type SearchPlan } from "./plan.ts";
import type { GetRecords } from "./records.ts";
import { groupByNode, type Outcome, type ScatterDeps, scatter } from "./scatter.ts";
import type { SlowSearchLog } from "./slow-search-log.ts";
import { chooseStrategy } from "./strategy.ts";
import { type Target, targetsOfAll, targetsOfKeys } from "./target.ts";
import type {
  ReadRelations,
  RecordRef,
  RequestContext,
  RowEstimates,
  SearchRequest,
  SearchResult,
  Strategy,
  TargetProfile,
} from "./types.ts";

export interface SearchDeps extends ScatterDeps {
  readonly statements: ReadStatements;
  readonly relations: ReadRelations;
  readonly estimates: RowEstimates;
  readonly limits: QueryLimits;
  readonly slowSearches: SlowSearchLog;
}

interface Found {
  readonly outcomes: readonly Outcome<FoundRow>[];
  readonly profile: readonly TargetProfile[];
}

export function createSearch(deps: SearchDeps, getRecords: GetRecords) {
  return async (request: SearchRequest, context: RequestContext): Promise<SearchResult> => {
    const startedMs = deps.now();
    try {
      const result = await search(request, { deps, getRecords, startedMs }, context);
      deps.slowSearches.finished(request, context, result.timings.totalMs, result);
      return result;
    } catch (error) {
      deps.slowSearches.finished(request, context, deps.now() - startedMs, error);
      throw error;
    }
  };
}

async function search(
  request: SearchRequest,
  {
    deps,
    getRecords,
    startedMs,
  }: { readonly deps: SearchDeps; readonly getRecords: GetRecords; readonly startedMs: number },
  context: RequestContext,
): Promise<SearchResult> {
  const { query } = request;
  const vector =
    query.kind === "vector" ? query.vector : await vectorOf(query.record, request, getRecords, context);
  const wanted = { collection: request.collection, dimension: vector.length };
  return withCollection(deps.topology, wanted, context.signal, async (collection, map) => {
    const planning = context.trace?.child("plan");
    const plan = planSearch(request, vector, collection, deps.limits);
    const targets = route(request, collection);
    planning?.end();
    const plannedMs = deps.now();
    const { outcomes, profile } = await inTrace("scatter", context, (scattering) =>
      find(plan, targets, deps, scattering),
    );
    const scatteredMs = deps.now();
    const merging = context.trace?.child("merge");
    const completeness = assess(outcomes, request);
    const hits = mergeHits(rowsOf(outcomes), plan);
    merging?.end();
    const mergedMs = deps.now();
    const timings = {
      planMs: plannedMs - startedMs,
      queueMs: longestWait(outcomes),
      scatterMs: scatteredMs - plannedMs,
      mergeMs: mergedMs - scatteredMs,
      totalMs: mergedMs - startedMs,
    };
    deps.observer.searched({
      scope: request.scope,
      hits: hits.length,
      targets: outcomes.length,
      missing: completeness.failures[0]?.error.code,
      timings,
    });
    return { hits, completeness, epoch: map.epoch, timings, profile };
  });
}

/** Runs a stage as a part of the trace, where there is one. */
function inTrace<T>(
  stage: string,
  context: RequestContext,
  run: (context: RequestContext) => Promise<T>,
): Promise<T> {
  if (context.trace === undefined) return run(context);
  const trace = context.trace.child(stage);
  return run({ ...context, trace }).finally(() => trace.end());
}

function rowsOf(outcomes: readonly Outcome<FoundRow>[]): readonly FoundRow[] {
  const [only] = outcomes;
  return outcomes.length === 1 && only !== undefined ? only.rows : outcomes.flatMap(({ rows }) => rows);
}

function longestWait(outcomes: readonly Outcome<unknown>[]): number {
  let longestMs = 0;
  for (const { waitedMs } of outcomes) longestMs = Math.max(longestMs, waitedMs);
  return longestMs;
}

async function vectorOf(
  record: RecordRef,
  { collection }: SearchRequest,
  getRecords: GetRecords,
  context: RequestContext,
): Promise<Float32Array> {
  const include = { value: false, metadata: false, vector: true };
  const [found] = await getRecords({ collection, records: [record], include }, context);
  if (found?.vector !== undefined) return found.vector;
  throw new OrreryError(
    "RECORD_NOT_FOUND",
    `record ${JSON.stringify(record.key)} of namespace ${JSON.stringify(record.namespace)} does not exist`,
    {
      details: { metadata: { namespace: record.namespace, key: record.key } },
    },
  );
}

function route({ scope }: SearchRequest, collection: Collection): readonly Target[] {
  if (scope.kind === "all") return targetsOfAll(collection);
  if (scope.namespaces.length === 0) throw invalidField("namespaces", "must name at least one namespace");
  return targetsOfKeys(collection, scope.namespaces.map(shardKeyOf));
}

/** Node by node, so that what one still owes holds up no other. */
async function find(
  plan: SearchPlan,
  targets: readonly Target[],
  deps: SearchDeps,
  context: RequestContext,
): Promise<Found> {
  const nodes = groupByNode(targets);
  if (nodes.length === 1) return findOnNode(plan, targets, deps, context);
  const found = await Promise.all(nodes.map((sameNode) => findOnNode(plan, sameNode, deps, context)));
  return {
    outcomes: found.flatMap(({ outcomes }) => outcomes),
    profile: found.flatMap(({ profile }) => profile),
  };
}

/** Asks every target by the strategy that fits it, and those whose index came back short again, exactly. */
async function findOnNode(
  plan: SearchPlan,
  targets: readonly Target[],
  deps: SearchDeps,
  context: RequestContext,
): Promise<Found> {
  const strategies = new Map<Target, Strategy>();
  const strategyOf = (target: Target): Strategy => {
    const known = strategies.get(target);
    if (known !== undefined) return known;
    const { candidates, collection } = plan;
    const { exactMaxRows } = deps.limits;
    const strategy = plan.exact
      ? "exact"
      : chooseStrategy(target, collection, deps.estimates, { candidates, exactMaxRows });
    strategies.set(target, strategy);
    return strategy;
  };
  const first = await scatterSearch(plan, { targets, strategyOf }, deps, context);
  const isShort = ({ target, rows, error }: Outcome<FoundRow>) =>
    error === undefined && rows.length < plan.topK && strategyOf(target) === "ann";
  const short = first.filter(isShort).map(({ target }) => target);
  const kept = short.length === 0 ? first : first.filter((outcome) => !isShort(outcome));
  const profile = kept.map((outcome) => profileOf(outcome, plan, strategyOf(outcome.target), false));
  if (short.length === 0) return { outcomes: first, profile };
  deps.observer.askedAgain();
  const again = await scatterSearch(plan, { targets: short, strategyOf: () => "exact" }, deps, context);
  return {
    outcomes: [...kept, ...again],
    profile: [...profile, ...again.map((outcome) => profileOf(outcome, plan, "exact", true))],
  };
}

function scatterSearch(
  plan: SearchPlan,
  {
    targets,
    strategyOf,
  }: { readonly targets: readonly Target[]; readonly strategyOf: (target: Target) => Strategy },
  deps: SearchDeps,
  context: RequestContext,
): Promise<readonly Outcome<FoundRow>[]> {
  const { collection, vector, topK: limit, candidates, efSearch, include: wanted } = plan;
  const { quantization } = collection;
  return scatter(
    {
      collection,
      targets,
      statement: (batch) => {
        const branches = batch.map((target) => ({
          ...branchOf(target, collection, deps.relations),
          strategy: strategyOf(target),
        }));
        return deps.statements.searchStatement({
          vector,
          quantization,
          branches,
          limit,
          candidates,
          efSearch,
          wanted,
        });
      },
      decode: (row) => deps.statements.decodeFound(row, wanted),
      queryType: strategyOf,
    },
    deps,
    context,
  );
}

function profileOf(
  { target, rows, attempts, elapsedMs }: Outcome<FoundRow>,
  { collection, efSearch, candidates }: SearchPlan,
  strategy: Strategy,
  askedAgain: boolean,
): TargetProfile {
  const { shardId, group } = target;
  const { quantization } = collection;
  return {
    shardId,
    group,
    strategy,
    quantization,
    efSearch,
    candidates,
    rows: rows.length,
    attempts,
    askedAgain,
    elapsedMs,
  };
}
