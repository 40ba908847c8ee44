/**
 * The recall of searches as users get them, filters, plans and second rounds included: each is compared with
 * the same search, exact.
 */
import { withCollection } from "../topology/collection-lookup.ts";
import { shardKeyOf } from "../topology/ring.ts";
import type { Collection } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import type { CountDeps } from "./count.ts";
import { distanceApart, movedBy } from "./plan/move-vector.ts";
import { targetsOfAll, targetsOfKeys } from "./plan/target.ts";
import { planReads } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import { scatter } from "./scatter.ts";
import type {
  Hit,
  MeasuredRecall,
  MeasureRecallRequest,
  QueryApi,
  RecallSummary,
  RecordRef,
  RequestContext,
  Scope,
  SearchRequest,
} from "./types.ts";

interface MeasuringQuery {
  readonly vector: Float32Array;
  /** The record it was made from, which does not count; undefined: none. */
  readonly leaveOut: RecordRef | undefined;
}

/** What one query found. */
interface Compared {
  readonly recall: number;
  readonly isShort: boolean;
}

/** Equal vectors may differ in similarity by so much, relative to the similarity. */
const ROUNDING = 1e-6;
const NOTHING = { value: false, metadata: false, vector: false } as const;
/** Of the distance to the nearest neighbour: as far as queries are from what they look for. */
const NOISE = 0.5;

/** `search` must not count these searches among those of users. */
export function createMeasureRecall(deps: CountDeps, search: QueryApi["search"]): QueryApi["measureRecall"] {
  return async (request, context) => {
    const { scope } = request.search;
    const untilMs = deps.monotonicMs() + request.maxMs;
    const inTime = () => deps.monotonicMs() < untilMs;
    const scopes: readonly Scope[] =
      scope.kind === "all"
        ? [scope]
        : scope.namespaces.map((namespace) => ({ kind: "namespaces", namespaces: [namespace] }));
    const all: Compared[] = [];
    const namespaces: RecallSummary[] = [];
    let complete = true;
    for (const part of scopes) {
      const measuring = { ...request, search: { ...request.search, scope: part } };
      const compared = await measure(measuring, inTime, { deps, search, context });
      complete &&= compared.complete;
      all.push(...compared.queries);
      const summary = summarise(nameOf(part), compared.queries);
      if (part.kind === "namespaces" && summary !== undefined) namespaces.push(summary);
    }
    return { total: summarise(undefined, all), namespaces, complete } satisfies MeasuredRecall;
  };
}

interface Means {
  readonly deps: CountDeps;
  readonly search: QueryApi["search"];
  readonly context: RequestContext;
}

async function measure(
  request: MeasureRecallRequest,
  inTime: () => boolean,
  means: Means,
): Promise<{ readonly queries: readonly Compared[]; readonly complete: boolean }> {
  const { vectors } = request;
  const queries: Compared[] = [];
  if (!inTime()) return { queries, complete: false };
  const from =
    vectors.length > 0
      ? vectors.map((vector) => ({ vector, stored: undefined }))
      : (await sample(request, means)).map(({ vector, ...stored }) => ({ vector, stored }));
  for (const { vector, stored } of from) {
    if (!inTime()) return { queries, complete: false };
    const query = stored && (await moved({ vector, leaveOut: stored }, request.search, means));
    queries.push(await compare(query ?? { vector, leaveOut: stored }, request.search, means));
  }
  return { queries, complete: true };
}

async function compare(query: MeasuringQuery, search: SearchRequest, means: Means): Promise<Compared> {
  const truth = await find(query, { ...search, params: { exact: true } }, means);
  const hits = await find(query, search, means);
  const farthest = truth.at(-1)?.similarity;
  if (farthest === undefined) return { recall: 1, isShort: false };
  const least = farthest - ROUNDING * Math.max(1, Math.abs(farthest));
  const found = hits.filter(({ similarity }) => similarity >= least).length;
  return { recall: Math.min(found, truth.length) / truth.length, isShort: hits.length < truth.length };
}

/** Half the way to the distance of the nearest neighbour, into a random direction. */
async function moved(query: MeasuringQuery, search: SearchRequest, means: Means): Promise<MeasuringQuery> {
  const [nearest] = await find(query, { ...search, topK: 1 }, means);
  if (nearest === undefined) return query;
  const collection = await collectionOf(search, means);
  const apart = distanceApart(query.vector, nearest.similarity, collection.metric);
  return { ...query, vector: movedBy(query.vector, NOISE * apart, means.deps.random) };
}

/** The hits besides the record that the query was made from. */
async function find(
  { vector, leaveOut }: MeasuringQuery,
  search: SearchRequest,
  { search: run, context }: Means,
): Promise<readonly Hit[]> {
  const { topK } = search;
  const { minSimilarity: _, ...rest } = search;
  const { hits } = await run(
    {
      ...rest,
      query: { kind: "vector", vector },
      topK: leaveOut === undefined ? topK : topK + 1,
      allowPartial: false,
      include: NOTHING,
      includeProfile: false,
    },
    context,
  );
  if (leaveOut === undefined) return hits;
  return hits
    .filter(({ namespace, key }) => namespace !== leaveOut.namespace || key !== leaveOut.key)
    .slice(0, topK);
}

function collectionOf({ collection }: SearchRequest, { deps, context }: Means): Promise<Collection> {
  return withCollection(deps.topology, { collection }, context.signal, (found) => Promise.resolve(found));
}

/** Vectors of stored records in scope, chosen at random. */
function sample(
  { search: { collection: name, scope, filter }, samples }: MeasureRecallRequest,
  { deps, context }: Means,
) {
  const { statements, relations } = deps;
  return withCollection(deps.topology, { collection: name }, context.signal, async (collection) => {
    const targets =
      scope.kind === "all"
        ? targetsOfAll(collection)
        : targetsOfKeys(collection, scope.namespaces.map(shardKeyOf));
    const wanted = Math.ceil((2 * samples) / targets.length);
    const percent = percentOf({ collection, wanted, scope, isFiltered: filter !== undefined }, deps);
    const outcomes = await scatter(
      {
        collection,
        round: planReads(targets, "other"),
        read: {
          statement: (plans) =>
            statements.sampleStatement({
              branches: plans.map(({ target }) => targetBranch(target, collection, relations)),
              filter,
              wanted,
              percent,
            }),
          decode: statements.decodeSampled,
        },
      },
      deps,
      context,
    );
    assess(outcomes, { allowPartial: false });
    return outcomes
      .flatMap(({ rows }) => rows)
      .filter(({ vector }) => vector.some((value) => value !== 0))
      .map(({ namespace, key, vector }) => ({ namespace, key, vector, order: deps.random() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, samples);
  });
}

interface Sampled {
  readonly collection: Collection;
  readonly wanted: number;
  readonly scope: Scope;
  readonly isFiltered: boolean;
}

/** Somewhat more records than are wanted; all of them where it is not known how many there are. */
function percentOf({ collection, wanted, scope, isFiltered }: Sampled, { estimates }: CountDeps): number {
  const [largest = 0] = collection.shards
    .map(({ id }) => estimates.shardRows(collection, id) ?? 0)
    .sort((a, b) => b - a);
  if (scope.kind !== "all" || isFiltered || largest === 0) return 100;
  return Math.min(100, Math.max(0.001, (1000 * wanted) / largest));
}

/** Undefined of no queries. */
function summarise(namespace: string | undefined, compared: readonly Compared[]): RecallSummary | undefined {
  const recalls = compared.map(({ recall }) => recall).sort((a, b) => a - b);
  const [minimum] = recalls;
  if (minimum === undefined) return undefined;
  return {
    namespace,
    queries: recalls.length,
    mean: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    p1: recalls[Math.max(0, Math.ceil(recalls.length / 100) - 1)] ?? minimum,
    minimum,
    shortAnswers: compared.filter(({ isShort }) => isShort).length,
  };
}

function nameOf(scope: Scope): string | undefined {
  return scope.kind === "namespaces" ? scope.namespaces[0] : undefined;
}
