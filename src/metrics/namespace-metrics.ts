/** Duration and results of searches, by namespace. */
import type { Registry } from "prom-client";
import type { Scope } from "../query/types.ts";
import { LATENCY_SECONDS } from "./buckets.ts";
import {
  addCounter,
  addHistogram,
  addReadMetric,
  type CounterSeries,
  type HistogramSeries,
} from "./families.ts";
import { createNamespaceLabels, type NamespaceLabelOptions, OTHER } from "./namespace-labels.ts";

interface NamespaceSeries {
  readonly duration: HistogramSeries;
  readonly results: CounterSeries;
}

/** Returns a function that records an answered search. */
export function namespaceMetrics(
  registry: Registry,
  options: NamespaceLabelOptions,
): (scope: Scope, seconds: number, hits: number) => void {
  const labelNames = ["namespace"];
  const durations = addHistogram(registry, {
    name: "vector_search_duration_seconds",
    help: "Time of a search that was answered, by namespace.",
    labelNames,
    buckets: LATENCY_SECONDS,
  });
  const results = addCounter(registry, {
    name: "vector_search_results_total",
    help: "Hits that searches returned, by namespace.",
    labelNames,
  });
  const dropped = addCounter(registry, {
    name: "orrery_metrics_namespaces_dropped_total",
    help: "Searches recorded under _other because their namespace is no label.",
    labelNames: ["reason"],
  });
  const series = new Map<string, NamespaceSeries>();
  const labels = createNamespaceLabels(options, (namespace) => {
    series.delete(namespace);
    durations.remove(namespace);
    results.remove(namespace);
  });
  addReadMetric(
    registry,
    { name: "orrery_metrics_namespaces", help: "Namespaces that are labels at present.", type: "gauge" },
    () => [{ labels: {}, value: labels.current().length }],
  );
  const seriesOf = (label: string): NamespaceSeries => {
    const known = series.get(label);
    if (known !== undefined) return known;
    const made = { duration: durations.of(label), results: results.of(label) };
    series.set(label, made);
    return made;
  };
  const droppedSearches = dropped.of(labels.reason);
  seriesOf(OTHER);
  return (scope, seconds, hits) => {
    const label = labelOf(scope, (namespace) => labels.labelOf(namespace));
    if (label === OTHER) droppedSearches.add();
    const { duration, results: returned } = seriesOf(label);
    duration.observe(seconds);
    returned.add(hits);
  };
}

/** A search of several namespaces counts for none of them. */
function labelOf(scope: Scope, ofNamespace: (namespace: string) => string): string {
  if (scope.kind === "all") return "_all";
  const [only] = scope.namespaces;
  return scope.namespaces.length === 1 && only !== undefined ? ofNamespace(only) : "_several";
}
