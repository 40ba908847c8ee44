/** How uneven a cluster is: the one definition that metric, alert, plan and schedule share. Pure. */

/**
 * `max / mean - 1` of one amount (bytes, rows or load) over the node groups that may hold shards: 0 when all
 * have the same, 0.3 when the fullest has 30 % more than the mean. 0 without groups, or when there is nothing
 * to distribute.
 */
export function imbalance(amounts: readonly number[]): number {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  if (total <= 0) return 0;
  return Math.max(...amounts) / (total / amounts.length) - 1;
}
