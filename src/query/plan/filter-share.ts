/** Which part of the rows a filter holds for, as far as the statistics of a shard say. Pure. */
import type { ColumnStatistics, Filter } from "../types.ts";

/**
 * 0-1, as if conditions had nothing to do with each other; undefined when some condition is about what there
 * are no statistics of.
 */
export function filterShare(filter: Filter, statistics: ColumnStatistics): number | undefined {
  switch (filter.kind) {
    case "and":
      return combined(filter.filters, statistics, (shares) => product(shares));
    case "or":
      return combined(filter.filters, statistics, (shares) => 1 - product(shares.map((share) => 1 - share)));
    case "not": {
      const share = filterShare(filter.filter, statistics);
      return share === undefined ? undefined : 1 - share;
    }
    case "tags": {
      const { tags } = statistics;
      if (tags === undefined) return undefined;
      const shares = filter.tags.map((tag) => tags.common.get(tag) ?? tags.leastShare);
      // A record may have several of them; as if none had, which is more.
      return filter.match === "all" ? product(shares) : Math.min(1, sum(shares));
    }
    case "time": {
      const { createdAtUs } = statistics;
      if (filter.field !== "created_at" || createdAtUs === undefined) return undefined;
      const from = filter.fromUs === undefined ? 0 : before(createdAtUs, Number(filter.fromUs));
      const until = filter.untilUs === undefined ? 1 : before(createdAtUs, Number(filter.untilUs));
      // A time between two bounds that are next to each other holds for some rows, not for none.
      return Math.max(until - from, 1 / createdAtUs.length / 2);
    }
    default:
      return undefined;
  }
}

function combined(
  filters: readonly Filter[],
  statistics: ColumnStatistics,
  combine: (shares: readonly number[]) => number,
): number | undefined {
  const shares: number[] = [];
  for (const one of filters) {
    const share = filterShare(one, statistics);
    if (share === undefined) return undefined;
    shares.push(share);
  }
  return combine(shares);
}

/** Which part lies before `at`, 0-1. */
function before(bounds: readonly number[], at: number): number {
  const next = bounds.findIndex((bound) => bound >= at);
  if (next === -1) return 1;
  const [low, high] = [bounds[next - 1], bounds[next]];
  if (low === undefined || high === undefined) return 0;
  const part = high === low ? 0 : (at - low) / (high - low);
  return (next - 1 + part) / (bounds.length - 1);
}

function product(shares: readonly number[]): number {
  return shares.reduce((all, share) => all * share, 1);
}

function sum(shares: readonly number[]): number {
  return shares.reduce((all, share) => all + share, 0);
}
