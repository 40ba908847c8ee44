/** The collectors themselves, and what they count. */
import type { Registry } from "prom-client";
import type { CollectorObserver } from "../collectors/types.ts";
import { LATENCY_SECONDS, LONG_SECONDS } from "./buckets.ts";
import { addCounter, addHistogram } from "./families.ts";

export function collectorMetrics(registry: Registry): CollectorObserver {
  const runs = addCounter(registry, {
    name: "orrery_collector_runs_total",
    help: "Samples of the collectors by how they ended.",
    labelNames: ["collector", "result"],
  });
  const duration = addHistogram(registry, {
    name: "orrery_collector_duration_seconds",
    help: "Time a sample of a collector took.",
    labelNames: ["collector"],
    buckets: LATENCY_SECONDS,
  });
  const builds = addHistogram(registry, {
    name: "hnsw_index_build_duration_seconds",
    help: "Duration of HNSW index builds that samples saw running, to within the interval.",
    buckets: LONG_SECONDS,
  }).of();
  for (const collector of ["balance", "replication", "nodes", "operations", "recall"])
    for (const result of ["ok", "failed", "timeout"]) runs.of(collector, result);
  return {
    sampled({ collector, result, elapsedMs }) {
      runs.of(collector, result).add();
      duration.of(collector).observe(elapsedMs / 1000);
    },
    indexBuilt: ({ elapsedMs }) => builds.observe(elapsedMs / 1000),
  };
}
