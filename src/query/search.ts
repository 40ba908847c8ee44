/** The life of a search: snapshot, plan, route, scatter, merge. */
import { invalidField, OrreryError } from "../errors.ts";
import type { FoundRow } from "../shards/sql/search.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import { type Answer, createFinder, type FindDeps } from "./find-rows.ts";
import { mergeHits } from "./merge.ts";
import { planSearch, type SearchPlan } from "./plan/plan-search.ts";
import { type Target, targetsOfAll, targetsOfKeys } from "./plan/target.ts";
import type { GetRecords } from "./records.ts";
import type { SlowSearchLog } from "./slow-search-log.ts";
import type {
  Completeness,
  Hit,
  RecordRef,
  RequestContext,
  SearchRequest,
  SearchResult,
  TargetProfile,
} from "./types.ts";

export interface SearchDeps extends FindDeps {
  readonly slowSearches: SlowSearchLog;
}

export function createSearch(deps: SearchDeps, getRecords: GetRecords) {
  return async (request: SearchRequest, context: RequestContext): Promise<SearchResult> => {
    const startedMs = deps.monotonicMs();
    try {
      const result = await search(request, { deps, getRecords, startedMs }, context);
      deps.slowSearches.finished(request, context, result.timings.totalMs, result);
      return result;
    } catch (error) {
      deps.slowSearches.finished(request, context, deps.monotonicMs() - startedMs, error);
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
    const { plan, targets } = inTrace("plan", context, () => ({
      plan: planSearch(request, vector, collection, deps.limits),
      targets: route(request, collection),
    }));
    const plannedMs = deps.monotonicMs();
    const { answers, hits, completeness, mergeMs } = await scatterAndMerge(
      { request, plan, targets },
      deps,
      context,
    );
    const mergedMs = deps.monotonicMs();
    const timings = {
      planMs: plannedMs - startedMs,
      queueMs: longestWait(answers),
      scatterMs: mergedMs - plannedMs - mergeMs,
      mergeMs,
      totalMs: mergedMs - startedMs,
    };
    deps.observer.searched({
      scope: request.scope,
      hits: hits.length,
      targets: answers.length,
      missing: completeness.failures[0]?.error.code,
      timings,
    });
    const profile = answers.map((answer) => profileOf(answer, plan));
    return { hits, completeness, epoch: map.epoch, timings, profile };
  });
}

interface Merged {
  readonly answers: readonly Answer[];
  readonly hits: readonly Hit[];
  readonly completeness: Completeness;
  readonly mergeMs: number;
}

/** Twice where a target may hold more of the answer than it was asked for. */
async function scatterAndMerge(
  {
    request,
    plan,
    targets,
  }: { readonly request: SearchRequest; readonly plan: SearchPlan; readonly targets: readonly Target[] },
  deps: SearchDeps,
  context: RequestContext,
): Promise<Merged> {
  let mergeMs = 0;
  const merge = (answers: readonly Answer[]) =>
    inTrace("merge", context, () => {
      const startedMs = deps.monotonicMs();
      const completeness = assess(answers, request);
      const hits = mergeHits(rowsOf(answers), plan);
      mergeMs += deps.monotonicMs() - startedMs;
      return { answers, hits, completeness };
    });
  const finder = createFinder(plan, targets, deps);
  const first = merge(await inTrace("scatter", context, (scattering) => finder.find(scattering)));
  const hidden = finder.hidden(first.answers, first.hits);
  if (hidden.length === 0) return { ...first, mergeMs };
  const whole = await inTrace("scatter", context, (scattering) => finder.findAll(hidden, scattering));
  const kept = first.answers.filter((answer) => !hidden.includes(answer));
  return { ...merge([...kept, ...whole]), mergeMs };
}

/** Runs a stage as a part of the trace, where there is one. */
function inTrace<T>(stage: string, context: RequestContext, run: (context: RequestContext) => T): T {
  if (context.trace === undefined) return run(context);
  const trace = context.trace.child(stage);
  const end = () => trace.end();
  try {
    const result = run({ ...context, trace });
    if (result instanceof Promise) return result.finally(end) as T;
    end();
    return result;
  } catch (error) {
    end();
    throw error;
  }
}

function rowsOf(answers: readonly Answer[]): readonly FoundRow[] {
  const [only] = answers;
  return answers.length === 1 && only !== undefined ? only.rows : answers.flatMap(({ rows }) => rows);
}

function longestWait(answers: readonly Answer[]): number {
  let longestMs = 0;
  for (const { waitedMs } of answers) longestMs = Math.max(longestMs, waitedMs);
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

function profileOf(
  { target: { shardId, group }, rows, attempts, elapsedMs, question, askedAgain }: Answer,
  { collection: { quantization }, candidates }: SearchPlan,
): TargetProfile {
  return {
    shardId,
    group,
    strategy: question.strategy,
    quantization,
    efSearch: question.efSearch,
    candidates,
    rows: rows.length,
    attempts,
    askedAgain,
    elapsedMs,
  };
}
