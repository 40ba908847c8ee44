/** Hits of many targets as one answer. Pure. */
import { compareUtf8 } from "../lib/compare-utf8.ts";
import type { Hit } from "./types.ts";

/**
 * The `topK` best by similarity, ties by the UTF-8 bytes of namespace and key, whatever the order of `hits`.
 * A record found twice (its shard was split during the search) counts once. Throws RangeError on a similarity
 * that is not a number, since it cannot be ordered.
 */
export function mergeHits<T extends Hit>(
  hits: readonly T[],
  options: { readonly topK: number; readonly minSimilarity?: number | undefined },
): readonly T[] {
  for (const { similarity, namespace, key } of hits) {
    if (Number.isNaN(similarity)) throw new RangeError(`record ${namespace}/${key} has no similarity`);
  }
  const best: T[] = [];
  const seen = new Set<string>();
  for (const hit of [...hits].sort(compareHits)) {
    if (best.length === options.topK) break;
    if (options.minSimilarity !== undefined && hit.similarity < options.minSimilarity) break;
    const name = `${hit.namespace}\u001f${hit.key}`;
    if (!seen.has(name)) best.push(hit);
    seen.add(name);
  }
  return best;
}

/** Best first. */
export function compareHits(a: Hit, b: Hit): number {
  return b.similarity - a.similarity || compareUtf8(a.namespace, b.namespace) || compareUtf8(a.key, b.key);
}
