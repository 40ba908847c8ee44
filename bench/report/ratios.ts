/**
 * How systems compare, repeat by repeat: those of one repeat ran next to each other and asked the same
 * queries.
 */
import { groupBy } from "../data/group-by.ts";
import type { Measurement } from "../measure/measure.ts";
import type { Series } from "../measure/series.ts";
import { percentile, type Spread, sorted, spread } from "../measure/statistics.ts";

export interface Ratio {
  readonly workload: string;
  readonly clients: number;
  readonly name: string;
  readonly value: Spread;
}

interface Comparison {
  readonly name: string;
  /** The systems it needs. */
  readonly systems: readonly string[];
  /** Of the measurements of these systems, in this order. */
  readonly of: (...measurements: Measurement[]) => number;
}

const qpsRatio = (of: string, to: string): Comparison => ({
  name: `${of}/${to} QPS`,
  systems: [of, to],
  of: (one, other) => (one as Measurement).qps / (other as Measurement).qps,
});

const p50 = (measurement: Measurement | undefined) => percentile(sorted(measurement?.latenciesMs ?? []), 0.5);

const COMPARISONS: readonly Comparison[] = [
  qpsRatio("c", "a"),
  qpsRatio("c", "a+"),
  qpsRatio("c", "b"),
  qpsRatio("c", "b+"),
  qpsRatio("c", "b'"),
  qpsRatio("c", "e"),
  qpsRatio("c", "d"),
  {
    name: "coordinator CPU of c / client CPU of d",
    systems: ["c", "d"],
    of: (c, d) => (c as Measurement).cpuUs.coordinator / (d as Measurement).cpuUs.client,
  },
  {
    name: "p50 of c - d - f, ms",
    systems: ["c", "d", "f"],
    of: (c, d, f) => p50(c) - p50(d) - p50(f),
  },
];

export function ratiosOf(series: readonly Series[]): readonly Ratio[] {
  return [...groupBy(series, ({ workload, clients }) => `${workload.name} ${clients}`).values()].flatMap(
    (same) => {
      const { workload, clients } = same[0] as Series;
      const measurementsOf = (id: string) => same.find(({ system }) => system.id === id)?.measurements;
      return COMPARISONS.flatMap(({ name, systems, of }) => {
        const columns = systems.flatMap((id) => {
          const measurements = measurementsOf(id);
          return measurements === undefined ? [] : [measurements];
        });
        if (columns.length < systems.length) return [];
        const values = (columns[0] as Measurement[]).map((_, repeat) =>
          of(...columns.map((column) => column[repeat] as Measurement)),
        );
        return [{ workload: workload.name, clients, name, value: spread(values) }];
      });
    },
  );
}
