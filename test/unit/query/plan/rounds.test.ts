import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import { planSearch, type SearchPlan } from "../../../../src/query/plan/plan-search.ts";
import {
  isUndersampled,
  planExactRound,
  planFirstRound,
  planLongerRound,
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

describe("a bounded scan that found too few rows of a filter", () => {
  const filter = { kind: "exists", path: ["year"] } as const;
  const search = plan({ filter, topK: 10, params: { recallTarget: 0.9 } });
  const first = planFirstRound(targets, search, EVEN);
  const [asked] = first.plans as [SearchTargetPlan];
  const scanned = asked.bound?.scanned ?? 0;
  /** So many rows, spread over the scan. */
  const found = (count: number, of: SearchTargetPlan = asked) => {
    const rows = Array.from({ length: count }, (_, i) => ({
      similarity: 0.5,
      rank: Math.floor(((i + 1) * (of.bound?.scanned ?? 0)) / (count + 1)),
    }));
    return { ...outcome(of, []), rows };
  };

  it("is followed by one as long as what it found says, where that costs less than comparing all", () => {
    expect(asked).toMatchObject({ strategy: "ann", limit: 10, round: 1 });
    const longer = planLongerRound([found(4)], search, first);
    expect(longer.plans).toMatchObject([{ target: asked.target, strategy: "ann", round: 2, limit: 10 }]);
    // 20 rows are taken: of 4 in `scanned`, five times as many; four times that is the bound.
    expect(longer.plans[0]?.bound?.scanned).toBeGreaterThan(5 * scanned);
    const moved = { ...asked.target, group: 3 };
    expect(longer.replan(moved)).toEqual({ ...longer.plans[0], target: moved });
    expect(longer.replan(asked.target)).toEqual(longer.plans[0]);
  });

  it("is followed by a comparison where it found next to nothing, or found them at its end, or was long", () => {
    for (const few of [found(0), found(1), found(10)])
      expect(planLongerRound([few], search, first).plans).toEqual([]);
    const [longer] = planLongerRound([found(4)], search, first).plans as [SearchTargetPlan];
    expect(planLongerRound([found(4, longer)], search, first).plans).toEqual([]);
    expect(planExactRound([found(4, longer)], search).plans).toMatchObject([
      { strategy: "exact", reason: "short", round: 3 },
    ]);
    const atEnd = found(10);
    const far = { ...atEnd, rows: atEnd.rows.map((row, i) => ({ ...row, rank: scanned - i })) };
    expect(planLongerRound([far], search, first).plans).toEqual([]);
    expect(planExactRound([far], search).reasons).toEqual(["far"]);
  });

  it("is not followed by a longer one without a filter, as statistics say how many rows a namespace has", () => {
    expect(planLongerRound([found(4)], plan({ topK: 10 }), first).plans).toEqual([]);
  });
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
