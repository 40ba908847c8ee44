/** The life of a search: snapshot, plan, scatter, merge, and a second round where it may find more. */
import { invalidField, OrreryError } from "../errors.ts";
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import { mergeHits } from "./merge.ts";
import { type FoundHits, readPayload } from "./payload.ts";
import { rowsScanned } from "./plan/frontier.ts";
import { filterUsesIndex } from "./plan/indexed-filter.ts";
import { inlineBytesPerRow, withoutPayload } from "./plan/inline-payload.ts";
import { planSearch, type SearchPlan } from "./plan/plan-search.ts";
import { planFirstRound, planUndersampledRound, withSecondRound } from "./plan/rounds.ts";
import { type Target, targetsOfAll, targetsOfKeys } from "./plan/target.ts";
import type { GetRecords } from "./records.ts";
import { createAskRound, type FoundOutcome, type SearchDeps } from "./search-rounds.ts";
import type { RecordRef, RequestContext, SearchRequest, SearchResult, TargetProfile } from "./types.ts";

export function createSearch(deps: SearchDeps, getRecords: GetRecords) {
  return async (request: SearchRequest, context: RequestContext): Promise<SearchResult> => {
    const startedMs = deps.monotonicMs();
    try {
      const { query, collection } = request;
      const vector =
        query.kind === "vector" ? query.vector : await vectorOf(query.record, request, getRecords, context);
      const wanted = { collection, dimension: vector.length };
      const result = await withCollection(deps.topology, wanted, context.signal, (found, { epoch }) =>
        search({ request, vector, collection: found, epoch, startedMs }, deps, context),
      );
      const elapsedMs = result.timings.totalMs;
      deps.observer.searchFinished({ request, context, outcome: result, elapsedMs });
      return result;
    } catch (error) {
      const elapsedMs = deps.monotonicMs() - startedMs;
      deps.observer.searchFinished({ request, context, outcome: { error }, elapsedMs });
      throw error;
    }
  };
}

/** A search with the snapshot of the map it runs by. */
interface StartedSearch {
  readonly request: SearchRequest;
  readonly vector: Float32Array;
  readonly collection: Collection;
  readonly epoch: number;
  readonly startedMs: number;
}

async function search(
  { request, vector, collection, epoch, startedMs }: StartedSearch,
  deps: SearchDeps,
  context: RequestContext,
): Promise<SearchResult> {
  const { monotonicMs, observer, limits } = deps;
  const targets = route(request, collection);
  const plan = planSearch(request, vector, collection, limits);
  const learnt = deps.knowledge.of(plan, targets, context);
  const knowledge = learnt instanceof Promise ? await learnt : learnt;
  const first = inTrace("plan", context, () => planFirstRound(targets, plan, knowledge));
  const plannedMs = monotonicMs();
  const inlineBytes = inlineBytesPerRow(first.plans, deps.inlineBytes);
  const ask = createAskRound({ plan, inlineBytes, first }, deps);
  const merge = (found: readonly FoundOutcome[]) =>
    inTrace("merge", context, () => mergeOutcomes(found, { request, plan }, monotonicMs));

  let outcomes = await inTrace("scatter", context, (traced) => ask(first, traced));
  let { hits, completeness, mergeMs } = merge(outcomes);
  const second = planUndersampledRound(first, { outcomes, hits }, plan);
  if (second.plans.length > 0) {
    observer.secondRound("undersampled");
    const found = await inTrace("scatter", context, (traced) => ask(second, traced));
    outcomes = withSecondRound(outcomes, second, found);
    const merged = merge(outcomes);
    ({ hits, completeness } = merged);
    mergeMs += merged.mergeMs;
  }
  const missing = withoutPayload(hits, inlineBytes);
  if (missing.length > 0) {
    const { allowPartial } = request;
    const read = (traced: RequestContext) =>
      readPayload({ hits, outcomes, completeness }, { plan, allowPartial, missing }, deps, traced);
    ({ hits, outcomes, completeness } = await inTrace("payload", context, read));
  }

  const endedMs = monotonicMs();
  const timings = {
    planMs: plannedMs - startedMs,
    queueMs: longestWait(outcomes),
    scatterMs: endedMs - plannedMs - mergeMs,
    mergeMs,
    totalMs: endedMs - startedMs,
  };
  const profile = outcomes.map(profileOf(plan));
  const { filter, includeProfile, scope } = request;
  const filtered = includeProfile && filter !== undefined;
  return {
    hits,
    completeness,
    epoch,
    timings,
    profile,
    ...(filtered && { filterIndexed: filterUsesIndex(filter, { collection, scope: scope.kind }) }),
  };
}

interface Merged extends Omit<FoundHits, "outcomes"> {
  readonly mergeMs: number;
}

/** Throws when the answer is less complete than the request allows. */
function mergeOutcomes(
  outcomes: readonly FoundOutcome[],
  { request, plan }: { readonly request: SearchRequest; readonly plan: SearchPlan },
  monotonicMs: () => number,
): Merged {
  const startedMs = monotonicMs();
  const completeness = assess(outcomes, request);
  const [only] = outcomes;
  const rows =
    outcomes.length === 1 && only !== undefined ? only.rows : outcomes.flatMap((outcome) => outcome.rows);
  const hits = mergeHits(rows, plan);
  return { hits, completeness, mergeMs: monotonicMs() - startedMs };
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

function longestWait(outcomes: readonly FoundOutcome[]): number {
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

function profileOf({ collection: { quantization }, recallTarget, efSearch }: SearchPlan) {
  return ({ plan, rows, attempts, elapsedMs }: FoundOutcome): TargetProfile => ({
    shardId: plan.target.shardId,
    group: plan.target.group,
    strategy: plan.strategy,
    reason: plan.reason,
    quantization,
    efSearch: plan.efSearch,
    candidates: plan.candidates,
    scanned: plan.bound === undefined ? 0 : rowsScanned(rows, plan.bound),
    rows: rows.length,
    attempts,
    rounds: plan.round,
    elapsedMs,
    recallTarget: efSearch === undefined ? recallTarget : undefined,
    expectedRecall: plan.expectedRecall,
  });
}
