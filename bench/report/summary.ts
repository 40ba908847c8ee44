/** A search run in numbers, as written to bench/results/search.json. */
import type { Measurement } from "../measure/measure.ts";
import type { Recall } from "../measure/recall.ts";
import type { Series } from "../measure/series.ts";
import { percentile, type Spread, sorted, spread } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { type Ratio, ratiosOf } from "./ratios.ts";
import type { machine } from "./results.ts";

export interface Row {
  readonly workload: string;
  readonly topK: number;
  readonly clients: number;
  readonly system: string;
  readonly name: string;
  /** Over the repeats, as everything with median, min and max. */
  readonly qps: Spread;
  readonly p50Ms: Spread;
  readonly p95Ms: Spread;
  readonly p99Ms: Spread;
  readonly p999Ms: Spread;
  readonly answers: number;
  readonly recall: Recall | undefined;
  readonly cpuUs: { readonly client: Spread; readonly coordinator: Spread; readonly postgres: Spread };
  /** Latency at each of `CURVE`, of all repeats together. */
  readonly curveMs: readonly number[];
}

/** One system at one value of ef_search. */
export interface SweepPoint {
  readonly workload: string;
  readonly system: string;
  readonly efSearch: number;
  readonly qps: number;
  /** Mean. */
  readonly recall: number;
}

export interface SearchSummary {
  readonly machine: ReturnType<typeof machine>;
  readonly settings: Readonly<Record<string, string>>;
  readonly options: Options;
  readonly rows: readonly Row[];
  readonly ratios: readonly Ratio[];
  readonly sweep: readonly SweepPoint[];
}

/** Percentiles of the plotted distribution, as shares. */
export const CURVE: readonly number[] = [
  0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998,
  0.999, 0.9995, 0.9999,
];

export function summarise(series: readonly Series[]): Pick<SearchSummary, "rows" | "ratios"> {
  return { rows: series.map(rowOf), ratios: ratiosOf(series) };
}

function rowOf({ system, workload, clients, measurements, recall }: Series): Row {
  const over = (value: (measurement: Measurement) => number) => spread(measurements.map(value));
  const at = (share: number) => over(({ latenciesMs }) => percentile(sorted(latenciesMs), share));
  const all = sorted(measurements.flatMap(({ latenciesMs }) => latenciesMs));
  return {
    workload: workload.name,
    topK: workload.topK,
    clients,
    system: system.id,
    name: system.name,
    qps: over(({ qps }) => qps),
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    answers: all.length,
    recall,
    cpuUs: {
      client: over(({ cpuUs }) => cpuUs.client),
      coordinator: over(({ cpuUs }) => cpuUs.coordinator),
      postgres: over(({ cpuUs }) => cpuUs.postgres),
    },
    curveMs: CURVE.map((share) => percentile(all, share)),
  };
}
