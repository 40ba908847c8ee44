/** Latency of single shards, from statements that ask only one. */
import type { Registry } from "prom-client";
import type { QueryType } from "../query/types.ts";
import { LATENCY_SECONDS } from "./buckets.ts";
import { addHistogram, type HistogramSeries } from "./families.ts";

export interface ShardLatency {
  observe(shard: number, type: QueryType, seconds: number): void;
  /** Drops the series of all other shards. */
  keepOnly(shards: ReadonlySet<number>): void;
}

/** Shards beyond this have no series of their own. */
const MAX_SHARDS = 2_000;

export function shardLatency(registry: Registry): ShardLatency {
  const family = addHistogram(registry, {
    name: "shard_query_latency_seconds",
    help: "Time of statements that asked one shard, waiting for a connection included.",
    labelNames: ["shard_id", "query_type"],
    buckets: LATENCY_SECONDS,
  });
  const byShard = new Map<number, Map<QueryType, HistogramSeries>>();
  return {
    observe(shard, type, seconds) {
      let types = byShard.get(shard);
      if (types === undefined) {
        if (byShard.size >= MAX_SHARDS) return;
        types = new Map();
        byShard.set(shard, types);
      }
      let series = types.get(type);
      if (series === undefined) {
        series = family.of(shard, type);
        types.set(type, series);
      }
      series.observe(seconds);
    },
    keepOnly(shards) {
      for (const [shard, types] of byShard) {
        if (shards.has(shard)) continue;
        for (const type of types.keys()) family.remove(shard, type);
        byShard.delete(shard);
      }
    },
  };
}
