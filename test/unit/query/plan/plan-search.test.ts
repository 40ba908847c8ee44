import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOrreryError } from "../../../../src/errors.ts";
import { planSearch, type QueryLimits } from "../../../../src/query/plan/plan-search.ts";
import type { SearchParams, SearchRequest } from "../../../../src/query/types.ts";
import type { Metric, Quantization } from "../../../../src/topology/shard-map.ts";
import { collectionCutAt } from "../cut-ring.ts";

const LIMITS: QueryLimits = {
  exactMaxRows: 1000,
  efSearch: 100,
  branchesPerStatement: 64,
  exactCountMaxRows: 5_000_000,
};

interface Asked {
  readonly topK?: number;
  readonly quantization?: Quantization;
  readonly params?: SearchParams;
  readonly dimension?: number;
  readonly metric?: Metric;
  readonly minSimilarity?: number;
}

function plan({
  topK = 10,
  quantization = "none",
  params = {},
  dimension = 3,
  metric = "cosine",
  minSimilarity,
}: Asked = {}) {
  const vector = new Float32Array(dimension).fill(1);
  const request: SearchRequest = {
    collection: "words",
    scope: { kind: "all" },
    query: { kind: "vector", vector },
    topK,
    ...(minSimilarity !== undefined && { minSimilarity }),
    params,
    allowPartial: false,
    include: { value: true, metadata: false, vector: false },
    includeProfile: false,
  };
  return planSearch(request, vector, { ...collectionCutAt([]), quantization, metric }, LIMITS);
}

function refusedFields(asked: Asked): readonly string[] {
  try {
    plan(asked);
  } catch (error) {
    if (isOrreryError(error, "INVALID_REQUEST"))
      return (error.details.fields ?? []).map(({ field }) => field);
    throw error;
  }
  return [];
}

const anyAsked: fc.Arbitrary<Asked> = fc.record(
  {
    topK: fc.integer({ min: 1, max: 1000 }),
    quantization: fc.constantFrom<Quantization>("none", "half", "binary"),
    params: fc.record(
      {
        efSearch: fc.integer({ min: 1, max: 1000 }),
        exact: fc.boolean(),
        oversampling: fc.double({ min: 1, max: 1e6, noNaN: true }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

describe("a plan", () => {
  it("takes any least similarity but by cosine, where it is -1 to 1", () => {
    for (const minSimilarity of [-1, 0, 1]) expect(refusedFields({ minSimilarity })).toEqual([]);
    for (const minSimilarity of [-1.001, 1.001, 1e9]) {
      expect(refusedFields({ minSimilarity })).toEqual(["min_similarity"]);
      expect(plan({ minSimilarity, metric: "l2" }).minSimilarity).toBe(minSimilarity);
      expect(plan({ minSimilarity, metric: "inner_product" }).minSimilarity).toBe(minSimilarity);
    }
  });

  it.each<[Quantization, number]>([
    ["none", 10],
    ["half", 20],
    ["binary", 80],
  ])("takes, with quantization %s, %i candidates for 10 hits by default", (quantization, candidates) => {
    expect(plan({ quantization })).toMatchObject({ candidates, efSearch: 100, exact: false });
  });

  it("takes the oversampling of the request, rounded up", () => {
    expect(plan({ topK: 7, quantization: "binary", params: { oversampling: 1.5 } }).candidates).toBe(11);
    expect(plan({ topK: 7, quantization: "half", params: { oversampling: 1 } }).candidates).toBe(7);
  });

  it("takes no more candidates than hits when re-ranking is switched off", () => {
    expect(plan({ quantization: "binary", params: { rescore: false } }).candidates).toBe(10);
    expect(plan({ quantization: "binary", params: { rescore: false, oversampling: 1 } }).candidates).toBe(10);
  });

  it("refuses oversampling without re-ranking, because they contradict each other", () => {
    expect(refusedFields({ quantization: "half", params: { rescore: false, oversampling: 2 } })).toEqual([
      "params.oversampling",
    ]);
  });

  it("raises ef_search to the number of candidates when the request asks for less", () => {
    expect(plan({ params: { efSearch: 5 } }).efSearch).toBe(10);
    expect(plan({ params: { efSearch: 40 } }).efSearch).toBe(40);
    expect(plan({ topK: 30, quantization: "binary" })).toMatchObject({ candidates: 240, efSearch: 240 });
  });

  it("never plans fewer candidates than hits, nor more than an index scan can return", () => {
    fc.assert(
      fc.property(anyAsked, (asked) => {
        const { candidates, efSearch, topK } = plan(asked);
        expect(topK).toBe(asked.topK ?? 10);
        expect(Number.isInteger(candidates)).toBe(true);
        expect(candidates).toBeGreaterThanOrEqual(topK);
        expect(efSearch).toBeGreaterThanOrEqual(candidates);
        expect(efSearch).toBeLessThanOrEqual(1000);
      }),
    );
  });

  it("refuses a vector of another dimension than the collection's", () => {
    expect(refusedFields({ dimension: 4 })).toEqual(["vector"]);
    expect(refusedFields({ dimension: 0 })).toEqual(["vector"]);
  });

  it("plans an exact search only when asked to", () => {
    expect(plan({ params: { exact: true } }).exact).toBe(true);
    expect(plan({ params: { exact: false } }).exact).toBe(false);
  });
});
