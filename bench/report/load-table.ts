import Table from "cli-table3";
import { groupBy } from "../data/group-by.ts";
import type { LoadResult } from "../measure/load-result.ts";
import { spread } from "../measure/statistics.ts";
import { number } from "./figures.ts";

export interface NamedLoad {
  /** What the line says first; results of the same names are repeats. */
  readonly names: readonly string[];
  readonly result: LoadResult;
}

/** Medians over the repeats; drops and errors of all repeats together. */
export function loadTable(head: readonly string[], loads: readonly NamedLoad[]): string {
  const table = new Table({
    head: [...head, "answers/s", "p50 ms", "p95", "p99", "p99.9", "dropped", "errors"],
    style: { head: [], border: [], compact: true },
  });
  for (const repeats of groupBy(loads, ({ names }) => names.join("\n")).values()) {
    const results = repeats.map(({ result }) => result);
    const median = (of: (result: LoadResult) => number) => spread(results.map(of)).median;
    const total = (of: (result: LoadResult) => number) =>
      results.reduce((sum, result) => sum + of(result), 0);
    table.push([
      ...(repeats[0]?.names ?? []),
      number(
        median(({ answersPerSecond }) => answersPerSecond),
        0,
      ),
      number(
        median(({ p50Ms }) => p50Ms),
        2,
      ),
      number(
        median(({ p95Ms }) => p95Ms),
        2,
      ),
      number(
        median(({ p99Ms }) => p99Ms),
        2,
      ),
      number(
        median(({ p999Ms }) => p999Ms),
        2,
      ),
      total(({ dropped }) => dropped),
      total(({ errors }) => errors),
    ]);
  }
  return table.toString();
}
