/** What pairs of slices say: medians of both sides, and of the ratios pair by pair. */
import Table from "cli-table3";
import { groupBy } from "../data/group-by.ts";
import type { Measurement } from "../measure/measure.ts";
import type { Compared, Pair } from "../measure/pairs.ts";
import { type MedianInterval, medianInterval, percentile, sorted } from "../measure/statistics.ts";
import { number } from "./figures.ts";

export interface PairRow {
  /** Workload and clients; all pairs together have one too. */
  readonly kind: string;
  readonly figure: string;
  readonly pairs: number;
  readonly base: number;
  readonly subject: number;
  /** Of subject to base. */
  readonly ratio: MedianInterval;
}

interface Figure {
  readonly name: string;
  readonly digits: number;
  readonly of: (measurement: Measurement) => number;
}

const latency = (share: number) => (measurement: Measurement) =>
  percentile(sorted(measurement.latenciesMs), share);

const FIGURES: readonly Figure[] = [
  { name: "QPS", digits: 0, of: ({ qps }) => qps },
  { name: "p50 ms", digits: 2, of: latency(0.5) },
  { name: "p99 ms", digits: 2, of: latency(0.99) },
  { name: "coordinator CPU us", digits: 0, of: ({ cpuUs }) => cpuUs.coordinator },
  { name: "PostgreSQL CPU us", digits: 0, of: ({ cpuUs }) => cpuUs.postgres },
];

export function pairRows(pairs: readonly Pair[]): readonly PairRow[] {
  const kinds = groupBy(pairs, ({ workload, clients }) => `${workload}, ${clients} clients`);
  return [...kinds, ["all", pairs] as const].flatMap(([kind, same]) =>
    FIGURES.map(({ name, of }) => ({
      kind,
      figure: name,
      pairs: same.length,
      base: medianInterval(same.map(({ base }) => of(base))).median,
      subject: medianInterval(same.map(({ subject }) => of(subject))).median,
      ratio: medianInterval(same.map(({ base, subject }) => of(subject) / of(base))),
    })),
  );
}

/** `names` head the columns of the two sides. */
export function pairTable(rows: readonly PairRow[], names: Compared<string>): string {
  const table = new Table({
    head: ["", "pairs", "", names.base, names.subject, `${names.subject}/${names.base}`, "95 %"],
    style: { head: [], border: [], compact: true },
  });
  for (const { kind, figure, pairs, base, subject, ratio } of rows) {
    // Of servers on other machines the CPU time is not known.
    if (Number.isNaN(ratio.median)) continue;
    const digits = FIGURES.find(({ name }) => name === figure)?.digits ?? 0;
    // Medians of unlike workloads together would be those of none.
    const sides = kind === "all" ? ["", ""] : [number(base, digits), number(subject, digits)];
    const interval = `${number(ratio.low, 3)}-${number(ratio.high, 3)}`;
    table.push([kind, pairs, figure, ...sides, number(ratio.median, 3), interval]);
  }
  return table.toString();
}
