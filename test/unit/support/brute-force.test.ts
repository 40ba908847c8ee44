import { describe, expect, it } from "vitest";
import { bruteForce, expectSameHits, type OracleHit, recall } from "../../support/brute-force.ts";
import { clusteredVectors } from "../../support/clustered-vectors.ts";

const { vectors, queries } = clusteredVectors({ count: 300, queryCount: 1, dimension: 16 });
const records = vectors.map((vector, index) => ({ namespace: `n${index % 3}`, key: `k${index}`, vector }));
const query = queries[0] as Float32Array;
const best = bruteForce(records, query, 10);
const [first, second, ...others] = best as [OracleHit, OracleHit, ...OracleHit[]];
const eleventh = bruteForce(records, query, 11)[10] as OracleHit;

describe("the oracle of searches", () => {
  it("finds the most similar records, best first", () => {
    const similarities = best.map((hit) => hit.similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
    expect(first.similarity).toBeGreaterThan(0.5);
  });

  it("orders equal similarities by the UTF-8 bytes of namespace and key", () => {
    // UTF-16 units, which strings compare by, would put the emoji first.
    const names = ["\u{1F600}", "\uFF21", "Z", "a"];
    const equal = names.map((key) => ({ namespace: "n", key, vector: query }));
    expect(bruteForce(equal, query, 4).map((hit) => hit.key)).toEqual(["Z", "a", "\uFF21", "\u{1F600}"]);
  });

  it("takes hits as the same when only ties within the tolerance differ", () => {
    expectSameHits(best, best);
    const tie = { ...second, similarity: first.similarity - 5e-7 };
    expectSameHits([tie, first, ...others], [first, tie, ...others]);
    expectSameHits([{ ...first, key: "equal" }], [first]);
  });

  it.each<[string, readonly OracleHit[]]>([
    ["one missing", best.slice(1)],
    ["one twice", [first, first, ...others]],
    ["another order", [second, first, ...others]],
    [
      "another order with borrowed similarities",
      [{ ...second, similarity: first.similarity }, { ...first, similarity: second.similarity }, ...others],
    ],
    ["one replaced by a worse one", [...best.slice(0, 9), eleventh]],
    ["similarities that are off", best.map((hit) => ({ ...hit, similarity: hit.similarity - 1e-5 }))],
  ])("tells %s", (_, actual) => {
    expect(() => expectSameHits(actual, best)).toThrow();
  });

  it("measures recall", () => {
    expect(recall(["a", "x", "b"], ["a", "b", "c", "d"])).toBe(0.5);
  });
});
