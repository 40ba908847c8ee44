import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mergeHits } from "../../../src/query/merge.ts";
import type { Hit } from "../../../src/query/types.ts";

/** Few names and few similarities, so that ties and records found twice are common. */
const anyHit: fc.Arbitrary<Hit> = fc.record({
  namespace: fc.constantFrom("a", "\uff21", "\u{1f600}"),
  key: fc.oneof(fc.constantFrom("k", "k1", "k10", "\uffff", "\u{10000}"), fc.string({ unit: "binary" })),
  similarity: fc.oneof(fc.constantFrom(-1, 0, 0.5, 1), fc.double({ min: -1, max: 1, noNaN: true })),
});

const anyMerge = fc.record({
  hits: fc.array(anyHit, { maxLength: 60 }),
  options: fc.record(
    { topK: fc.integer({ min: 1, max: 80 }), minSimilarity: fc.double({ min: -1, max: 1, noNaN: true }) },
    { requiredKeys: ["topK"] },
  ),
});

const idOf = ({ namespace, key }: Hit) => JSON.stringify([namespace, key]);

/**
 * What the merge must be: the best of each record, those good enough, picked one by one as the best of what
 * is left.
 */
function oracle(
  hits: readonly Hit[],
  { topK, minSimilarity = -2 }: { topK: number; minSimilarity?: number },
): Hit[] {
  const best = new Map<string, Hit>();
  for (const hit of hits) {
    if (hit.similarity > (best.get(idOf(hit))?.similarity ?? -3)) best.set(idOf(hit), hit);
  }
  const left = new Set([...best.values()].filter(({ similarity }) => similarity >= minSimilarity));
  const picked: Hit[] = [];
  while (picked.length < topK && left.size > 0) {
    const next = [...left].reduce((a, b) => (isBefore(b, a) ? b : a));
    left.delete(next);
    picked.push(next);
  }
  return picked;
}

function isBefore(a: Hit, b: Hit): boolean {
  if (a.similarity !== b.similarity) return a.similarity > b.similarity;
  const byNamespace = Buffer.compare(Buffer.from(a.namespace), Buffer.from(b.namespace));
  return (byNamespace || Buffer.compare(Buffer.from(a.key), Buffer.from(b.key))) < 0;
}

const places = (hits: readonly Hit[]) => hits.map((hit) => [idOf(hit), hit.similarity]);

describe("merging", () => {
  it("returns the best hits of all targets, ties by the UTF-8 bytes of namespace and key, each record once", () => {
    fc.assert(
      fc.property(anyMerge, ({ hits, options }) => {
        expect(places(mergeHits(hits, options))).toEqual(places(oracle(hits, options)));
      }),
      { numRuns: 500 },
    );
  });

  it("does not depend on the order in which hits arrive, and does not change its input", () => {
    const shuffled = anyMerge.chain(({ hits, options }) =>
      fc.record({
        hits: fc.constant(hits),
        options: fc.constant(options),
        other: fc.shuffledSubarray([...hits], { minLength: hits.length, maxLength: hits.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ hits, options, other }) => {
        const given = [...other];
        expect(places(mergeHits(other, options))).toEqual(places(mergeHits(hits, options)));
        expect(other).toEqual(given);
      }),
    );
  });

  it("accepts a hit of exactly the minimum similarity", () => {
    const hit = { namespace: "a", key: "k", similarity: 0.25 };
    expect(mergeHits([hit], { topK: 1, minSimilarity: 0.25 })).toEqual([hit]);
    expect(mergeHits([hit], { topK: 1, minSimilarity: 0.2500001 })).toEqual([]);
  });

  it("keeps the fields of the better of two hits of one record", () => {
    const old = { namespace: "a", key: "k", similarity: 0.5, value: "old" };
    const young = { namespace: "a", key: "k", similarity: 0.75, value: "young" };
    expect(mergeHits([old, young], { topK: 5 })).toEqual([young]);
  });

  it("refuses a similarity that is not a number, at any position", () => {
    const good = { namespace: "a", key: "k", similarity: 1 };
    const bad = { namespace: "a", key: "odd", similarity: Number.NaN };
    expect(() => mergeHits([good, bad], { topK: 1 })).toThrow(RangeError);
    expect(() => mergeHits([bad, good], { topK: 1 })).toThrow("a/odd");
  });
});
