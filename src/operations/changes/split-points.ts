/** Where to cut a shard. Pure. */
import type { HashWeight } from "../../engines/placement-changes.ts";
import { invalidField } from "../../errors.ts";
import type { HashRange } from "../../topology/shard-map.ts";

const FIELD = "split_points";

/**
 * The last hash of the first of two parts that have as many rows each as can be: all rows of one hash stay
 * together. `weights` ascending. An empty shard is cut in the middle. INVALID_REQUEST when all its rows have
 * one hash.
 */
export function chooseSplitPoint(weights: readonly HashWeight[], { min, max }: HashRange): number {
  if (max <= min) throw invalidField(FIELD, "the shard has a single hash and cannot be split");
  if (weights.length === 0) return Math.floor((min + max) / 2);
  if (weights.length === 1) {
    throw invalidField(
      FIELD,
      "all rows of the shard, or nearly all, have one hash: no split would divide them",
    );
  }
  const total = weights.reduce((sum, { rows }) => sum + rows, 0);
  let before = 0;
  let best = { point: min, difference: Number.POSITIVE_INFINITY };
  for (const { hash, rows } of weights.slice(0, -1)) {
    before += rows;
    const difference = Math.abs(total - 2 * before);
    if (difference < best.difference) best = { point: hash, difference };
  }
  return best.point;
}

/** Throws INVALID_REQUEST unless they are ascending and leave no part empty. */
export function checkSplitPoints(points: readonly number[], { min, max }: HashRange): void {
  if (max <= min) throw invalidField(FIELD, "the shard has a single hash and cannot be split");
  points.forEach((point, index) => {
    if (point < min || point >= max) {
      throw invalidField(`${FIELD}[${index}]`, `must be from ${min} to ${max - 1}, inside the shard's range`);
    }
    if (index > 0 && point <= (points[index - 1] as number)) {
      throw invalidField(`${FIELD}[${index}]`, "must be above the one before it");
    }
  });
}
