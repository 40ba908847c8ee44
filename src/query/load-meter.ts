/** How busy each shard keeps this coordinator: queries x milliseconds, and how long searches take. */
import { isOrreryError } from "../errors.ts";
import type { LoadReport } from "../topology/map-store.ts";
import type { ShardId } from "../topology/shard-map.ts";
import type { SlowSearchLog } from "./slow-search-log.ts";
import type { QueryObserver } from "./types.ts";

/** Weight of the newest interval in what is reported, so that a report is of some minutes. */
const NEWEST = 0.2;
/** Below this a shard is left out. */
const LEAST = 0.005;
const MOST_SHARDS = 5_000;
/** A bucket is a quarter of a doubling of milliseconds, from 1/16 ms on. */
const BUCKETS = 96;
const BUCKETS_PER_DOUBLING = 4;
const FIRST_DOUBLING = -4;

export interface LoadMeter {
  /** Told about statements; allocates nothing. */
  readonly observer: Pick<QueryObserver, "statementRun">;
  /** A search has ended that took so long. */
  searchTook(elapsedMs: number): void;
  /** The report of now; the interval since the last call ends with it. `elapsedMs`: how long it was. */
  report(elapsedMs: number): LoadReport;
}

export function createLoadMeter(): LoadMeter {
  const counted = new Map<ShardId, number>();
  let perSecond = new Map<ShardId, number>();
  const buckets = new Uint32Array(BUCKETS);

  return {
    observer: {
      statementRun({ elapsedMs, waitedMs, targets }) {
        // One statement for several shards: each had a part in it.
        const share = (elapsedMs - waitedMs) / targets.length;
        for (const { shardId } of targets) counted.set(shardId, (counted.get(shardId) ?? 0) + share);
      },
    },
    searchTook(elapsedMs) {
      const bucket = Math.floor((Math.log2(elapsedMs) - FIRST_DOUBLING) * BUCKETS_PER_DOUBLING);
      const index = Math.min(BUCKETS - 1, Math.max(0, bucket));
      buckets[index] = (buckets[index] ?? 0) + 1;
    },
    report(elapsedMs) {
      const next = new Map<ShardId, number>();
      for (const shard of new Set([...perSecond.keys(), ...counted.keys()])) {
        const newest = ((counted.get(shard) ?? 0) / elapsedMs) * 1000;
        const before = perSecond.get(shard);
        const load = before === undefined ? newest : before + (newest - before) * NEWEST;
        if (load >= LEAST) next.set(shard, load);
      }
      perSecond = next;
      counted.clear();
      const searchP95Ms = p95(buckets);
      buckets.fill(0);
      const heaviest = [...next].sort(([, a], [, b]) => b - a).slice(0, MOST_SHARDS);
      return {
        load: Object.fromEntries(heaviest.map(([shard, load]) => [shard, Number(load.toPrecision(4))])),
        ...(searchP95Ms !== undefined && { searchP95Ms }),
      };
    },
  };
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

/** Tells both; the meter's part of it. */
export function withLoadMeter(observer: QueryObserver, { observer: meter }: LoadMeter): QueryObserver {
  return {
    ...observer,
    statementRun(info) {
      observer.statementRun(info);
      meter.statementRun(info);
    },
  };
}

/**
 * Tells both. Searches that ran out of time are the slowest of all, though they have no answer; what failed
 * for another reason says nothing about how long searches take.
 */
export function withSearchMeter(log: SlowSearchLog, meter: Pick<LoadMeter, "searchTook">): SlowSearchLog {
  return {
    finished(request, context, elapsedMs, outcome) {
      log.finished(request, context, elapsedMs, outcome);
      const failed = outcome instanceof Error;
      if (!failed || isOrreryError(outcome, "DEADLINE_EXCEEDED", "SHARD_MOVING")) meter.searchTook(elapsedMs);
    },
  };
}
