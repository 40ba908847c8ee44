/** Changes of shard groups that this coordinator ran. */
import type { Registry } from "prom-client";
import type { OperationsObserver } from "../operations/observer.ts";
import { LONG_SECONDS } from "./buckets.ts";
import { addCounter, addHistogram } from "./families.ts";

export function operationMetrics(registry: Registry): OperationsObserver {
  const moves = addCounter(registry, {
    name: "orrery_shard_moves_total",
    help: "Moves, splits and isolations of shard groups that this coordinator ran.",
    labelNames: ["kind", "result"],
  });
  const bytes = addCounter(registry, {
    name: "orrery_shard_moved_bytes_total",
    help: "What they moved.",
    labelNames: ["kind"],
  });
  const duration = addHistogram(registry, {
    name: "orrery_shard_move_duration_seconds",
    help: "What they took.",
    labelNames: ["kind"],
    buckets: LONG_SECONDS,
  });
  for (const kind of ["move", "split", "isolate"]) {
    for (const result of ["done", "failed", "cancelled"]) moves.of(kind, result);
    bytes.of(kind);
    duration.of(kind);
  }
  return {
    shardMoved({ kind, result, bytes: moved, elapsedMs }) {
      moves.of(kind, result).add();
      bytes.of(kind).add(moved);
      duration.of(kind).observe(elapsedMs / 1000);
    },
  };
}
