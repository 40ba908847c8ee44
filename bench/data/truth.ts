/** What a search should find, and how much of it an answer has. Pure. */
import type { TopicRecord } from "../../test/support/topics.ts";

export interface Truth {
  readonly topK: number;
  /** Records that may be found. */
  readonly matching: number;
  /** Inner product of the last of the best. */
  readonly least: number;
  readonly productOf: ReadonlyMap<string, number>;
}

/** Equal vectors differ by so much. */
const ROUNDING = 1e-6;

/** `products`: of the query with each of `records`; `holds`: whether one may be found. */
export function truthOf(
  records: readonly TopicRecord[],
  products: ArrayLike<number>,
  { topK, holds }: { readonly topK: number; readonly holds: (record: TopicRecord) => boolean },
): Truth {
  const productOf = new Map<string, number>();
  const matching: number[] = [];
  for (const [index, record] of records.entries()) {
    if (!holds(record)) continue;
    const product = products[index] as number;
    matching.push(product);
    productOf.set(record.key, product);
  }
  const best = Float64Array.from(matching).sort();
  const least = best[best.length - topK] ?? Number.NEGATIVE_INFINITY;
  return { topK, matching: best.length, least, productOf };
}

/**
 * Part of the best that the answer has; short: fewer keys than there are to find. Throws on a key that may
 * not be found, and on one that is there twice.
 */
export function judge(keys: readonly string[], { topK, matching, least, productOf }: Truth) {
  if (new Set(keys).size < keys.length) throw new Error(`a key twice in one answer: ${keys.join(" ")}`);
  const wanted = Math.min(topK, matching);
  let found = 0;
  for (const key of keys) {
    const product = productOf.get(key);
    if (product === undefined) throw new Error(`${key} does not match`);
    if (product >= least - ROUNDING) found += 1;
  }
  return { recall: wanted === 0 ? 1 : Math.min(found, wanted) / wanted, isShort: keys.length < wanted };
}
