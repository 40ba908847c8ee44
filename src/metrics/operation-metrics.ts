/** Changes of shard groups that this coordinator ran, and how long moves have been throttled. */
import type { Registry } from "prom-client";
import type { OperationsObserver, ThrottleReason } from "../operations/observer.ts";
import { LONG_SECONDS } from "./buckets.ts";
import { addCounter, addHistogram, addReadMetric } from "./families.ts";

const THROTTLE_REASONS: readonly ThrottleReason[] = ["lag", "search_p95", "unknown", "window"];

/** `monotonicMs`: monotonic milliseconds. */
export function operationMetrics(registry: Registry, monotonicMs: () => number): OperationsObserver {
  const moves = addCounter(registry, {
    name: "orrery_shard_moves_total",
    help: "Moves, splits and isolations of shard groups that this coordinator ran.",
    labelNames: ["kind", "result"],
  });
  const bytes = addCounter(registry, {
    name: "orrery_shard_moved_bytes_total",
    help: "Bytes that moves, splits and isolations of this coordinator moved.",
    labelNames: ["kind"],
  });
  const duration = addHistogram(registry, {
    name: "orrery_shard_move_duration_seconds",
    help: "Duration of moves, splits and isolations of this coordinator.",
    labelNames: ["kind"],
    buckets: LONG_SECONDS,
  });
  const rebuilds = addCounter(registry, {
    name: "orrery_index_rebuilds_total",
    help: "Indexes of shards that this coordinator built anew.",
    labelNames: ["result"],
  });
  const rebuildDuration = addHistogram(registry, {
    name: "orrery_index_rebuild_duration_seconds",
    help: "Duration of builds of indexes of shards by this coordinator.",
    labelNames: [],
    buckets: LONG_SECONDS,
  });
  rebuildDuration.of();
  for (const result of ["done", "failed", "cancelled"]) rebuilds.of(result);
  for (const kind of ["move", "split", "isolate"]) {
    for (const result of ["done", "failed", "cancelled"]) moves.of(kind, result);
    bytes.of(kind);
    duration.of(kind);
  }
  const throttled = new Map<string, { readonly reason: ThrottleReason; readonly sinceMs: number }>();
  addReadMetric(
    registry,
    {
      name: "orrery_moves_throttled_seconds",
      help: "The longest that this coordinator has throttled the next move of an operation, or of the schedule.",
      type: "gauge",
    },
    () =>
      THROTTLE_REASONS.map((reason) => {
        const since = [...throttled.values()]
          .filter((one) => one.reason === reason)
          .map(({ sinceMs }) => sinceMs);
        return {
          labels: { reason },
          value: Math.max(0, ...since.map((sinceMs) => (monotonicMs() - sinceMs) / 1000)),
        };
      }),
  );
  return {
    shardMoved({ kind, result, bytes: moved, elapsedMs }) {
      moves.of(kind, result).add();
      bytes.of(kind).add(moved);
      duration.of(kind).observe(elapsedMs / 1000);
    },
    indexRebuilt({ result, elapsedMs }) {
      rebuilds.of(result).add();
      rebuildDuration.of().observe(elapsedMs / 1000);
    },
    movesThrottled({ by, reason }) {
      throttled.set(by, { reason, sinceMs: throttled.get(by)?.sinceMs ?? monotonicMs() });
    },
    movesResumed: (by) => void throttled.delete(by),
  };
}
