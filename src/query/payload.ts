/**
 * Reads the payload of hits that came without it: by key, through the same fence, following shards that moved
 * since. What was read is what is there by then. A record that was changed shows its new payload and, as both
 * must be of one version, its new similarity, in the place that gives it; one that was deleted, or that the
 * filter no longer holds for, is left out.
 */
import { answerTooLarge } from "../errors.ts";
import type { HashRange } from "../topology/shard-map.ts";
import { assess } from "./completeness.ts";
import { mergeHits } from "./merge.ts";
import { answerBytes } from "./plan/inline-payload.ts";
import type { SearchPlan } from "./plan/plan-search.ts";
import { targetsOfKeys } from "./plan/target.ts";
import { planReads } from "./plan/target-plan.ts";
import { targetBranch } from "./read.ts";
import { scatter } from "./scatter.ts";
import type { FoundHit, FoundOutcome, SearchDeps } from "./search-rounds.ts";
import type { Completeness, RequestContext } from "./types.ts";
import { recordName, WantedKeys } from "./wanted-keys.ts";

export interface FoundHits {
  /** The best of `outcomes`. */
  readonly hits: readonly FoundHit[];
  readonly outcomes: readonly FoundOutcome[];
  readonly completeness: Completeness;
}

export interface PayloadRequest {
  readonly plan: SearchPlan;
  readonly allowPartial: boolean;
  /** Those of the hits whose payload is to be read. */
  readonly missing: readonly FoundHit[];
}

/**
 * Throws TOO_LARGE before anything is read when the answer would be too large, and as `assess` when the
 * payload of some cannot be read.
 */
export async function readPayload(
  found: FoundHits,
  { plan, allowPartial, missing }: PayloadRequest,
  deps: SearchDeps,
  context: RequestContext,
): Promise<FoundHits> {
  const { maxAnswerBytes: maxBytes = Number.MAX_SAFE_INTEGER } = context;
  checkSize(found.hits, maxBytes);
  deps.observer.payloadRead({ hits: missing.length });
  const read = await scatterPayload(plan, missing, deps, { ...context, maxAnswerBytes: maxBytes });
  const rows = new Map(read.flatMap((outcome) => outcome.rows.map((row) => [recordName(row), row] as const)));
  checkSize([...rows.values()], maxBytes);
  const late = new Set(missing);
  const hits = found.hits.flatMap((hit) => (late.has(hit) ? (rows.get(recordName(hit)) ?? []) : hit));
  const outcomes = found.outcomes.map((outcome) => {
    const failed = read.find(
      ({ plan: { target }, error }) => error !== undefined && overlap(target, outcome.plan.target),
    );
    return failed === undefined || outcome.error !== undefined
      ? outcome
      : { ...outcome, error: failed.error };
  });
  return { hits: mergeHits(hits, plan), outcomes, completeness: assess(outcomes, { allowPartial }) };
}

function scatterPayload(
  plan: SearchPlan,
  missing: readonly FoundHit[],
  deps: SearchDeps,
  context: RequestContext & { readonly maxAnswerBytes: number },
) {
  const { collection, vector, filter, include: wanted } = plan;
  const { statements, relations } = deps;
  const keys = new WantedKeys(missing);
  return scatter(
    {
      collection,
      round: planReads(targetsOfKeys(collection, keys.shardKeys), "get"),
      read: {
        statement: (plans) =>
          statements.payloadStatement({
            vector,
            metric: collection.metric,
            branches: plans.map(({ target }) => ({
              ...targetBranch(target, collection, relations),
              wantedKeys: keys.of(target),
            })),
            filter,
            wanted,
            maxBytes: context.maxAnswerBytes,
          }),
        decode: (row) => statements.decodeFound(row, wanted, collection.metric),
      },
    },
    deps,
    context,
  );
}

function checkSize(hits: readonly FoundHit[], maxBytes: number): void {
  const bytes = answerBytes(hits);
  if (bytes > maxBytes) throw answerTooLarge(bytes, maxBytes);
}

const overlap = (a: HashRange, b: HashRange) => a.min <= b.max && b.min <= a.max;
