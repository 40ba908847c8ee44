/**
 * Counters and histograms for the request path. prom-client takes 0.4 to 1 us for each observation, since it
 * builds and hashes the labels every time; here a series is looked up once, and an observation is a few
 * additions. prom-client still writes the exposition.
 */
import type { Metric, Registry } from "prom-client";

export type LabelValue = string | number;

/** One line of the exposition. */
export interface Sample {
  readonly labels: Readonly<Record<string, LabelValue>>;
  readonly value: number;
  /** Where it differs from the metric's: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

export interface MetricDescription {
  readonly name: string;
  readonly help: string;
}

export interface FamilyDescription extends MetricDescription {
  readonly labelNames?: readonly string[];
}

/** A metric whose samples are read at each scrape. */
export function addReadMetric(
  registry: Registry,
  { name, help, type }: MetricDescription & { readonly type: "counter" | "gauge" | "histogram" },
  read: () => readonly Sample[],
): void {
  const get = async () => ({ name, help, type, aggregator: "sum", values: read() });
  // The registry uses no other part of a metric.
  registry.registerMetric({ name, help, type, get } as unknown as Metric);
}

/** One series of a counter. */
export class CounterSeries {
  value = 0;

  add(amount = 1): void {
    this.value += amount;
  }
}

/** One series of a histogram; `bounds` ascending. */
export class HistogramSeries {
  readonly bounds: readonly number[];
  /** Observations by bucket; the last bucket is above all bounds. */
  readonly buckets: Float64Array;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.buckets = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds, buckets } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    buckets[bucket] = (buckets[bucket] as number) + 1;
    this.sum += value;
  }
}

/** The series of one metric by the values of its labels, in the order of `labelNames`. */
export class Family<S> {
  readonly #labelNames: readonly string[];
  readonly #create: () => S;
  readonly #series = new Map<string, { readonly labels: Sample["labels"]; readonly series: S }>();

  constructor(labelNames: readonly string[], create: () => S) {
    this.#labelNames = labelNames;
    this.#create = create;
  }

  /** Created at the first call; callers that observe often should hold on to it. */
  of(...values: readonly LabelValue[]): S {
    const key = values.join("\u001f");
    const known = this.#series.get(key);
    if (known !== undefined) return known.series;
    const labels = Object.fromEntries(this.#labelNames.map((name, at) => [name, values[at] ?? ""]));
    const series = this.#create();
    this.#series.set(key, { labels, series });
    return series;
  }

  remove(...values: readonly LabelValue[]): void {
    this.#series.delete(values.join("\u001f"));
  }

  samples(read: (series: S, labels: Sample["labels"]) => readonly Sample[]): readonly Sample[] {
    return [...this.#series.values()].flatMap(({ series, labels }) => read(series, labels));
  }
}

export function addCounter(
  registry: Registry,
  { labelNames = [], ...metric }: FamilyDescription,
): Family<CounterSeries> {
  const family = new Family(labelNames, () => new CounterSeries());
  if (labelNames.length === 0) family.of();
  addReadMetric(registry, { ...metric, type: "counter" }, () =>
    family.samples(({ value }, labels) => [{ labels, value }]),
  );
  return family;
}

export function addHistogram(
  registry: Registry,
  { labelNames = [], buckets, ...metric }: FamilyDescription & { readonly buckets: readonly number[] },
): Family<HistogramSeries> {
  const family = new Family(labelNames, () => new HistogramSeries(buckets));
  if (labelNames.length === 0) family.of();
  addReadMetric(registry, { ...metric, type: "histogram" }, () =>
    family.samples((series, labels) => histogramSamples(metric.name, series, labels)),
  );
  return family;
}

function histogramSamples(name: string, series: HistogramSeries, labels: Sample["labels"]): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [at, observations] of series.buckets.entries()) {
    count += observations;
    const le = series.bounds[at] ?? "+Inf";
    samples.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count });
  }
  samples.push({ metricName: `${name}_sum`, labels, value: series.sum });
  samples.push({ metricName: `${name}_count`, labels, value: count });
  return samples;
}
