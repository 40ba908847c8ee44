import { expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { planSearch, type SearchPlan } from "../../../../src/query/plan/plan-search.ts";
import {
  isUndersampled,
  planExactRound,
  planFirstRound,
  planUndersampledRound,
  type SearchOutcome,
  withSecondRound,
} from "../../../../src/query/plan/rounds.ts";
import { targetsOfAll, targetsOfKeys } from "../../../../src/query/plan/target.ts";
import type { SearchTargetPlan } from "../../../../src/query/plan/target-plan.ts";
import type { Hit, SearchRequest } from "../../../../src/query/types.ts";
import { collectionCutAt, RING } from "../cut-ring.ts";
import { knowledgeOf } from "../knowledge.ts";

/** Eight shards of equal width. */
const collection = collectionCutAt(Array.from({ length: 7 }, (_, i) => RING.min + (i + 1) * 2 ** 29));
const targets = targetsOfAll(collection);
const EVEN = knowledgeOf({ shardRows: () => 100_000, shardKeyRows: () => 10_000 });

function plan(change: Partial<SearchRequest> = {}): SearchPlan {
  const vector = Float32Array.of(1, 0, 0);
  const request: SearchRequest = {
    collection: "words",
    scope: { kind: "all" },
    query: { kind: "vector", vector },
    topK: 20,
    params: { efSearch: 100 },
    allowPartial: false,
    include: { value: false, metadata: false, vector: false },
    includeProfile: false,
    ...change,
  };
  const limits = { exactMaxRows: 10, branchesPerStatement: 64, exactCountMaxRows: 1 };
  return planSearch(request, vector, collection, limits);
}

function outcome(
  of: SearchTargetPlan,
  similarities: readonly number[],
  error?: OrreryError,
): SearchOutcome<Pick<Hit, "similarity"> & { readonly rank: number }> {
  const rows = similarities.map((similarity, index) => ({ similarity, rank: index + 1 }));
  return { plan: of, rows, error, attempts: 1, elapsedMs: 1, waitedMs: 0 };
}

const descending = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from - i / 1000);
const hitsOf = (similarities: readonly number[]): Hit[] =>
  similarities.map((similarity, i) => ({ namespace: "n", key: `k${i}`, similarity }));

it("plans each target of a first round by strategy, rows and ef_search", () => {
  const { plans, replan } = planFirstRound(targets, plan(), EVEN);
  expect(plans).toEqual(
    targets.map((target) => ({
      target,
      strategy: "ann",
      reason: "index",
      limit: 9,
      efSearch: 68,
      candidates: 9,
      bound: undefined,
      matchingRows: 100_000,
      expectedRecall: undefined,
      round: 1,
    })),
  );
  const other = { ...(targets[0] as (typeof targets)[number]), shardId: 900_000 };
  expect(replan(other)).toEqual({ ...plans[0], target: other });
});

it("undersamples whole shards only", () => {
  const ofKeys = targetsOfKeys(
    collection,
    Array.from({ length: 200 }, (_, n) => `n${n}`),
  );
  expect(ofKeys.length).toBeGreaterThan(4);
  for (const { limit } of planFirstRound(ofKeys, plan(), EVEN).plans) expect(limit).toBe(20);
});

it("plans a target exactly when its index gave fewer rows than asked for, and no other", () => {
  const { plans } = planFirstRound(targets, plan(), EVEN);
  const [short, whole, failed] = plans as [SearchTargetPlan, SearchTargetPlan, SearchTargetPlan];
  const exact = { ...whole, strategy: "exact" as const };
  const round = planExactRound(
    [
      outcome(short, descending(8)),
      outcome(whole, descending(9)),
      outcome(failed, [], new OrreryError("NODE_UNAVAILABLE", "no answer")),
      outcome(exact, descending(2)),
    ],
    plan(),
  );
  expect(round.plans).toEqual([
    {
      target: short.target,
      strategy: "exact",
      reason: "short",
      limit: 20,
      efSearch: 0,
      candidates: 0,
      bound: undefined,
      matchingRows: undefined,
      expectedRecall: 1,
      round: 2,
    },
  ]);
  expect(round.reasons).toEqual(["short"]);
  expect(round.replan(whole.target)).toEqual({ ...round.plans[0], target: whole.target });
});

it("plans a target exactly when the rows that a bounded scan was for came at its end", () => {
  const keys = targetsOfKeys(collection, ["a"]);
  const scope = { kind: "namespaces", namespaces: ["a"] } as const;
  const { plans } = planFirstRound(keys, plan({ scope, params: { recallTarget: 0.9 } }), EVEN);
  const [asked] = plans as [SearchTargetPlan];
  expect(asked).toMatchObject({ strategy: "ann", limit: 20, bound: { taken: 40 } });
  const at = (ranks: readonly number[]) => {
    const rows = ranks.map((rank) => ({ similarity: 0.5, rank }));
    return planExactRound([{ ...outcome(asked, []), rows }], plan());
  };
  const last = asked.bound?.scanned ?? 0;
  expect(at(Array.from({ length: 40 }, (_, i) => last - i)).reasons).toEqual(["far"]);
  expect(at(Array.from({ length: 40 }, (_, i) => 1 + i * 10)).plans).toEqual([]);
  expect(at([1, 2, 3]).reasons).toEqual(["short"]);
});

it("plans a target for top_k rows when it may hold more of the best, by the same strategy", () => {
  const first = planFirstRound(targets, plan(), EVEN);
  const [full, farther] = first.plans as [SearchTargetPlan, SearchTargetPlan];
  const outcomes = [outcome(full, descending(9)), outcome(farther, descending(9, 0.2))];
  const hits = hitsOf(descending(20));
  const round = planUndersampledRound(first, { outcomes, hits }, plan());
  expect(round.plans).toEqual([{ ...full, limit: 20, candidates: 20, efSearch: 100, round: 2 }]);
  expect(round.replan(farther.target)).toEqual({ ...round.plans[0], target: farther.target });
});

it("finds a target undersampled exactly when it gave all it was asked for and its last row is among the best", () => {
  const [target] = planFirstRound(targets, plan(), EVEN).plans as [SearchTargetPlan];
  const hits = hitsOf(descending(20, 0.9));
  const check = (
    similarities: readonly number[],
    options: Partial<Pick<SearchPlan, "topK" | "minSimilarity" | "collection">> = {},
    limit = 9,
  ) =>
    isUndersampled(outcome({ ...target, limit }, similarities), hits, {
      collection,
      topK: 20,
      minSimilarity: undefined,
      ...options,
    });
  expect(check(descending(9, 0.95))).toBe(true);
  expect(check(descending(8, 0.95))).toBe(false);
  expect(check(descending(9, 0.5))).toBe(false);
  expect(check(descending(9, 0.95), { minSimilarity: 0.945 })).toBe(false);
  expect(check(descending(20, 0.95), {}, 20)).toBe(false);
  // Out of order, so there was a second batch; what rounding disorders is still of one.
  expect(check([...descending(8, 0.5), 0.51])).toBe(true);
  expect(check([...descending(8, 0.5), 0.493 + 1e-7])).toBe(false);
  // By another metric nothing is rounded, and similarities may be tiny.
  const l2 = { collection: { ...collection, metric: "l2" as const } };
  expect(check([...descending(8, 0.5), 0.493 + 1e-7], l2)).toBe(true);
  // Fewer hits than wanted: every row may count.
  expect(check(descending(9, -0.9), { topK: 21 })).toBe(true);
});

it("replaces the outcomes of repeated targets, and keeps the rows of those that fail in the second round", () => {
  const { plans } = planFirstRound(targets, plan(), EVEN);
  const [a, b, c] = plans as [SearchTargetPlan, SearchTargetPlan, SearchTargetPlan];
  const before = [outcome(a, [0.9]), outcome(b, [0.8]), outcome(c, [0.7])];
  const second = planExactRound(before.slice(1), plan());
  const [again, failing] = second.plans as [SearchTargetPlan, SearchTargetPlan];
  const error = new OrreryError("DEADLINE_EXCEEDED", "too late");
  // The target was split meanwhile: its parts are within its range.
  const part = { ...failing, target: { ...failing.target, shardId: 900_000, min: failing.target.min + 1 } };
  const both = withSecondRound(before, second, [outcome(again, [0.8, 0.6]), outcome(part, [], error)]);
  expect(both).toEqual([before[0], outcome(again, [0.8, 0.6]), outcome(part, [0.7], error)]);
});
