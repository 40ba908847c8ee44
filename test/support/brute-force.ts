/** The oracle of searches: exact similarity to all records, and what "equal to brute force" means. */
import assert from "node:assert/strict";
import { cosineSimilarity, dot } from "./clustered-vectors.ts";

type Similarity = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

/** By metric, in double precision. */
export const similarities: Readonly<Record<"cosine" | "l2" | "inner_product", Similarity>> = {
  cosine: cosineSimilarity,
  l2: (a, b) => 0 - Math.hypot(...Array.from(a, (value, i) => value - (b[i] as number))),
  inner_product: dot,
};

export interface OracleRecord {
  readonly namespace: string;
  readonly key: string;
  readonly vector: ArrayLike<number>;
}

export interface OracleHit {
  readonly namespace: string;
  readonly key: string;
  readonly similarity: number;
}

/** The `topK` records most similar to `query`, best first; ties by the UTF-8 bytes of (namespace, key). */
export function bruteForce(
  records: Iterable<OracleRecord>,
  query: ArrayLike<number>,
  topK: number,
  similarityOf: Similarity = cosineSimilarity,
): readonly OracleHit[] {
  const hits = Array.from(records, ({ namespace, key, vector }) => ({
    namespace,
    key,
    similarity: similarityOf(vector, query),
  }));
  return hits.sort(compareHits).slice(0, topK);
}

function compareHits(a: OracleHit, b: OracleHit): number {
  return b.similarity - a.similarity || compareBytes(a.namespace, b.namespace) || compareBytes(a.key, b.key);
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/**
 * Fails unless `actual` equals `expected` within `tolerance`: each hit is as similar as the expected one at
 * its rank, none comes twice, and one that is not expected at all ties with the last.
 */
export function expectSameHits(
  actual: readonly OracleHit[],
  expected: readonly OracleHit[],
  tolerance = 1e-6,
): void {
  assert.equal(actual.length, expected.length, "number of hits");
  const expectedSimilarity = new Map(expected.map((hit) => [identity(hit), hit.similarity]));
  const lastSimilarity = expected.at(-1)?.similarity ?? Number.NaN;
  const seen = new Set<string>();
  for (const [place, { similarity }] of expected.entries()) {
    const hit = actual[place] as OracleHit;
    const id = identity(hit);
    const near = (value: number) => Math.abs(hit.similarity - value) <= tolerance;
    const report = `place ${place + 1}: got ${id} at ${hit.similarity}`;
    assert(!seen.has(id), `${report}, a second time`);
    assert(
      near(similarity),
      `${report}, expected ${identity(expected[place] as OracleHit)} at ${similarity}`,
    );
    assert(
      near(expectedSimilarity.get(id) ?? lastSimilarity),
      `${report}, which is not its similarity or not among the best`,
    );
    seen.add(id);
  }
}

/** The share of `expectedKeys` that `actualKeys` contains; 1 when nothing is expected. */
export function recall(actualKeys: readonly string[], expectedKeys: readonly string[]): number {
  const actual = new Set(actualKeys);
  const found = expectedKeys.filter((key) => actual.has(key)).length;
  return expectedKeys.length === 0 ? 1 : found / expectedKeys.length;
}

function identity({ namespace, key }: OracleHit): string {
  return JSON.stringify([namespace, key]);
}
