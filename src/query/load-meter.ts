/**
 * How much load each shard serves for this coordinator, queries x milliseconds, and how long searches take.
 */
import { isOrreryError } from "../errors.ts";
import type { LoadReport } from "../topology/map-store.ts";
import type { ShardId } from "../topology/shard-map.ts";
import type { QueryObserver } from "./query-observer.ts";

/** Weight of the newest interval in a report, so that a report covers some minutes. */
const NEWEST = 0.2;
/** Shards with less load are left out. */
const MIN_LOAD = 0.005;
const MAX_SHARDS = 5_000;
/** A bucket is a quarter of a doubling of milliseconds, from 1/16 ms on. */
const BUCKETS = 96;
const BUCKETS_PER_DOUBLING = 4;
const FIRST_DOUBLING = -4;

export interface LoadMeter {
  /** Allocates nothing per event. */
  readonly observer: Pick<QueryObserver, "statementRun" | "searchFinished">;
  /** Ends the interval that began with the last call; `elapsedMs`: how long it was. */
  report(elapsedMs: number): LoadReport;
}

export function createLoadMeter(): LoadMeter {
  const counted = new Map<ShardId, number>();
  let perSecond = new Map<ShardId, number>();
  const buckets = new Uint32Array(BUCKETS);

  return {
    observer: {
      statementRun({ elapsedMs, waitedMs, plans }) {
        // The shards of one statement share its time equally.
        const share = (elapsedMs - waitedMs) / plans.length;
        for (const { target } of plans)
          counted.set(target.shardId, (counted.get(target.shardId) ?? 0) + share);
      },
      searchFinished({ outcome, elapsedMs }) {
        if ("error" in outcome && !ranOutOfTime(outcome.error)) return;
        const index = bucketOf(elapsedMs);
        buckets[index] = (buckets[index] ?? 0) + 1;
      },
    },
    report(elapsedMs) {
      const next = new Map<ShardId, number>();
      for (const shard of new Set([...perSecond.keys(), ...counted.keys()])) {
        const newest = ((counted.get(shard) ?? 0) / elapsedMs) * 1000;
        const before = perSecond.get(shard);
        const load = before === undefined ? newest : before + (newest - before) * NEWEST;
        if (load >= MIN_LOAD) next.set(shard, load);
      }
      perSecond = next;
      counted.clear();
      const searchP95Ms = p95(buckets);
      buckets.fill(0);
      const heaviest = [...next].sort(([, a], [, b]) => b - a).slice(0, MAX_SHARDS);
      return {
        load: Object.fromEntries(heaviest.map(([shard, load]) => [shard, Number(load.toPrecision(4))])),
        ...(searchP95Ms !== undefined && { searchP95Ms }),
      };
    },
  };
}

/**
 * Searches that ran out of time are the slowest of all, though they have no answer. A search that failed for
 * another reason says nothing about how long searches take.
 */
function ranOutOfTime(error: unknown): boolean {
  return isOrreryError(error, "DEADLINE_EXCEEDED", "SHARD_MOVING");
}

function bucketOf(elapsedMs: number): number {
  const bucket = Math.floor((Math.log2(elapsedMs) - FIRST_DOUBLING) * BUCKETS_PER_DOUBLING);
  return Math.min(BUCKETS - 1, Math.max(0, bucket));
}

/** The upper end of the bucket that holds it; undefined without searches. */
function p95(buckets: Uint32Array): number | undefined {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  const index = buckets.findIndex((count) => {
    seen += count;
    return seen >= total * 0.95;
  });
  return Number((2 ** ((index + 1) / BUCKETS_PER_DOUBLING + FIRST_DOUBLING)).toPrecision(4));
}
