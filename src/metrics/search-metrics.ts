/** Searches: their phases, targets, completeness, and what the fence refused. */
import type { Registry } from "prom-client";
import type { QueryObserver, SecondRoundReason } from "../query/query-observer.ts";
import { LATENCY_SECONDS, TARGETS } from "./buckets.ts";
import { addCounter, addHistogram, type HistogramSeries } from "./families.ts";
import type { NamespaceLabelOptions } from "./namespace-labels.ts";
import { namespaceMetrics } from "./namespace-metrics.ts";
import type { ShardLatency } from "./shard-latency.ts";
import type { StatementMetrics } from "./statement-metrics.ts";

export interface SearchMetricsOptions {
  readonly namespaces: NamespaceLabelOptions;
  /** Searches that take at least this long count as slow; undefined: none. */
  readonly slowQueryMs: number | undefined;
  readonly statements: StatementMetrics;
  readonly shards: ShardLatency;
}

/** Reasons whose series exist from the start, at 0. */
const SECOND_ROUND_REASONS: readonly SecondRoundReason[] = ["short", "far", "undersampled"];
const PARTIAL_REASONS = [
  "NODE_UNAVAILABLE",
  "DEADLINE_EXCEEDED",
  "SHARD_MOVING",
  "OVERLOADED",
  "STATEMENT_FAILED",
];

export function searchMetrics(
  registry: Registry,
  { namespaces, slowQueryMs = Number.POSITIVE_INFINITY, statements, shards }: SearchMetricsOptions,
): { readonly query: QueryObserver; readonly encoding: HistogramSeries } {
  const phases = addHistogram(registry, {
    name: "orrery_search_phase_duration_seconds",
    help: "Time a search spent in plan, scatter (queue: of that, waiting for a connection), merge, encode, and in total.",
    labelNames: ["phase"],
    buckets: LATENCY_SECONDS,
  });
  const [plan, queue, scatter, merge, encoding, total] = (
    ["plan", "queue", "scatter", "merge", "encode", "total"] as const
  ).map((phase) => phases.of(phase)) as [
    HistogramSeries,
    HistogramSeries,
    HistogramSeries,
    HistogramSeries,
    HistogramSeries,
    HistogramSeries,
  ];
  const targets = addHistogram(registry, {
    name: "orrery_search_targets",
    help: "Hash ranges a search asked.",
    buckets: TARGETS,
  }).of();
  const partial = addCounter(registry, {
    name: "orrery_partial_responses_total",
    help: "Searches answered without some of their targets, as the caller allowed, by the first target's error.",
    labelNames: ["reason"],
  });
  const slow = addCounter(registry, {
    name: "orrery_slow_queries_total",
    help: "Searches that took at least log.slowQueryMs.",
  }).of();
  const fenceHits = addCounter(registry, {
    name: "orrery_fence_hits_total",
    help: "Reads that the fence of a shard refused.",
    labelNames: ["group", "reason"],
  });
  const reroutes = addCounter(registry, {
    name: "orrery_reroutes_total",
    help: "Refused reads that were sent elsewhere.",
    labelNames: ["group", "code"],
  });
  const payloadReads = addCounter(registry, {
    name: "orrery_search_payload_reads_total",
    help: "Searches that read the payload of some hits by key, since it was too large to be read of every row.",
  }).of();
  const secondRounds = addCounter(registry, {
    name: "orrery_search_second_rounds_total",
    help: "Second rounds of searches: an index gave too few rows (short) or perhaps not the nearest (far), or shards may hold more of the best than they gave (undersampled).",
    labelNames: ["reason"],
  });
  for (const reason of SECOND_ROUND_REASONS) secondRounds.of(reason);
  for (const reason of PARTIAL_REASONS) partial.of(reason);
  const searchedIn = namespaceMetrics(registry, namespaces);
  const query: QueryObserver = {
    statementRun(run) {
      statements.ran("read", run);
      const [plan] = run.plans;
      if (run.plans.length === 1 && plan !== undefined && run.error === undefined)
        shards.observe(plan.target.shardId, plan.strategy, run.elapsedMs / 1000);
    },
    fenced: ({ group, reason }) => fenceHits.of(group, reason).add(),
    rerouted: ({ group, code }) => reroutes.of(group, code).add(),
    secondRound: (reason) => secondRounds.of(reason).add(),
    payloadRead: () => payloadReads.add(),
    shardSampled: ({ shardId, strategy, elapsedMs }) => shards.observe(shardId, strategy, elapsedMs / 1000),
    searchFinished({ request, outcome, elapsedMs }) {
      if (elapsedMs >= slowQueryMs) slow.add();
      if ("error" in outcome) return;
      const { hits, completeness, timings } = outcome;
      searchedIn(request.scope, timings.totalMs / 1000, hits.length);
      targets.observe(completeness.targetsTotal);
      const [missing] = completeness.failures;
      if (missing !== undefined) partial.of(missing.error.code).add();
      plan.observe(timings.planMs / 1000);
      queue.observe((timings.queueMs ?? 0) / 1000);
      scatter.observe(timings.scatterMs / 1000);
      merge.observe(timings.mergeMs / 1000);
      total.observe(timings.totalMs / 1000);
    },
  };
  return { query, encoding };
}
