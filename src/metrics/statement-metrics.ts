/** Statements, by node group. */
import type { Registry } from "prom-client";
import type { OrreryError } from "../errors.ts";
import type { WriteObserver } from "../write/types.ts";
import { LATENCY_SECONDS } from "./buckets.ts";
import { addCounter, addHistogram, type CounterSeries, type HistogramSeries } from "./families.ts";

/** What reads and writes have in common. */
export interface TimedStatement {
  readonly group: number;
  readonly elapsedMs: number;
  readonly waitedMs: number;
  readonly error: OrreryError | undefined;
}

export interface StatementMetrics {
  ran(kind: "read" | "write", run: TimedStatement): void;
  readonly write: WriteObserver;
}

interface GroupSeries {
  readonly read: HistogramSeries;
  readonly write: HistogramSeries;
  readonly waits: { readonly read: HistogramSeries; readonly write: HistogramSeries };
  readonly written: CounterSeries;
}

export function statementMetrics(registry: Registry): StatementMetrics {
  const duration = addHistogram(registry, {
    name: "orrery_statement_duration_seconds",
    help: "Time of one statement on one node group, waiting for a connection included.",
    labelNames: ["kind", "group"],
    buckets: LATENCY_SECONDS,
  });
  const wait = addHistogram(registry, {
    name: "orrery_pool_wait_seconds",
    help: "Time a statement waited for a connection.",
    labelNames: ["kind", "group"],
    buckets: LATENCY_SECONDS,
  });
  const errors = addCounter(registry, {
    name: "orrery_statement_errors_total",
    help: "Statements that failed, by the code of docs/errors.md.",
    labelNames: ["kind", "group", "code"],
  });
  const written = addCounter(registry, {
    name: "orrery_records_written_total",
    help: "Records sent in write statements that succeeded.",
    labelNames: ["group"],
  });
  const series = new Map<number, GroupSeries>();
  const seriesOf = (group: number): GroupSeries => {
    const known = series.get(group);
    if (known !== undefined) return known;
    const made = {
      read: duration.of("read", group),
      write: duration.of("write", group),
      waits: { read: wait.of("read", group), write: wait.of("write", group) },
      written: written.of(group),
    };
    // Exists from the start, so that the first one shows as an increase.
    errors.of("write", group, "WRITE_OUTCOME_UNKNOWN");
    series.set(group, made);
    return made;
  };
  const ran: StatementMetrics["ran"] = (kind, { group, elapsedMs, waitedMs, error }) => {
    const of = seriesOf(group);
    of[kind].observe(elapsedMs / 1000);
    of.waits[kind].observe(waitedMs / 1000);
    if (error !== undefined) errors.of(kind, group, error.code).add();
  };
  return {
    ran,
    write: {
      written(run) {
        ran("write", run);
        if (run.error === undefined) seriesOf(run.group).written.add(run.records);
      },
    },
  };
}
