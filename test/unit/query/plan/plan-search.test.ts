import { describe, expect, it } from "vitest";
import { isOrreryError } from "../../../../src/errors.ts";
import { planSearch, type QueryLimits } from "../../../../src/query/plan/plan-search.ts";
import type { SearchParams, SearchRequest } from "../../../../src/query/types.ts";
import type { CollectionSettings } from "../../../../src/topology/collection-settings.ts";
import type { Metric, Quantization } from "../../../../src/topology/shard-map.ts";
import { collectionCutAt } from "../cut-ring.ts";

const LIMITS: QueryLimits = {
  exactMaxRows: 1000,
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
  readonly limits?: QueryLimits;
  readonly settings?: CollectionSettings;
}

function plan({
  topK = 10,
  quantization = "none",
  params = {},
  dimension = 3,
  metric = "cosine",
  minSimilarity,
  limits = LIMITS,
  settings = {},
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
  const collection = { ...collectionCutAt([]), quantization, metric, settings };
  return planSearch(request, vector, collection, limits);
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

describe("a plan", () => {
  it("takes any least similarity but by cosine, where it is -1 to 1", () => {
    for (const minSimilarity of [-1, 0, 1]) expect(refusedFields({ minSimilarity })).toEqual([]);
    for (const minSimilarity of [-1.001, 1.001, 1e9]) {
      expect(refusedFields({ minSimilarity })).toEqual(["min_similarity"]);
      expect(plan({ minSimilarity, metric: "l2" }).minSimilarity).toBe(minSimilarity);
      expect(plan({ minSimilarity, metric: "inner_product" }).minSimilarity).toBe(minSimilarity);
    }
  });

  it("takes ef_search and oversampling of the request, else of the configuration, else none", () => {
    expect(plan({ params: { efSearch: 40, oversampling: 1.5 } })).toMatchObject({
      efSearch: 40,
      oversampling: 1.5,
    });
    expect(plan()).toMatchObject({ efSearch: undefined, oversampling: undefined, recallTarget: 0.95 });
    expect(plan({ limits: { ...LIMITS, efSearch: 70 } }).efSearch).toBe(70);
    expect(plan({ params: { efSearch: 40 }, limits: { ...LIMITS, efSearch: 70 } }).efSearch).toBe(40);
  });

  it("takes the recall target of the collection", () => {
    expect(plan({ settings: { recallTarget: 0.8 } }).recallTarget).toBe(0.8);
  });

  it("takes no more candidates than hits when re-ranking is switched off", () => {
    expect(plan({ quantization: "binary", params: { rescore: false } }).oversampling).toBe(1);
  });

  it("refuses oversampling without re-ranking, because they contradict each other", () => {
    expect(refusedFields({ quantization: "half", params: { rescore: false, oversampling: 2 } })).toEqual([
      "params.oversampling",
    ]);
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
