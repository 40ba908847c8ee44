/** A search run for the terminal. */
import Table from "cli-table3";
import { groupBy } from "../data/group-by.ts";
import { number, range } from "./figures.ts";
import type { Row, SearchSummary } from "./summary.ts";

const BAR_WIDTH = 50;

export function searchTables({ rows, ratios }: SearchSummary): string {
  const blocks = [...groupBy(rows, ({ workload, clients }) => `${workload}, ${clients} clients`)].flatMap(
    ([title, same]) => {
      const { workload, clients, topK } = same[0] as Row;
      const comparisons = ratios.filter((ratio) => ratio.workload === workload && ratio.clients === clients);
      return [
        `\n${title}, top ${topK}: median over the repeats [least-most]`,
        table(same),
        bars(same),
        ...comparisons.map(
          ({ name, value }) => `  ${name.padEnd(40)} ${number(value.median, 2)} [${range(value, 2)}]`,
        ),
      ];
    },
  );
  return blocks.join("\n");
}

function table(rows: readonly Row[]): string {
  const result = new Table({
    head: [
      "",
      "system",
      "QPS",
      "p50 ms",
      "p95",
      "p99",
      "p99.9",
      "recall",
      "p1",
      "min",
      "CPU us: client",
      "coordinator",
      "PostgreSQL",
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const { system, name, qps, p50Ms, p95Ms, p99Ms, p999Ms, recall, cpuUs } of rows) {
    result.push([
      system,
      name,
      `${number(qps.median, 0)} [${range(qps, 0)}]`,
      `${number(p50Ms.median, 2)} [${range(p50Ms, 2)}]`,
      ...[p95Ms, p99Ms, p999Ms].map(({ median }) => number(median, 2)),
      ...[recall?.mean, recall?.p1, recall?.min].map((share) => number(share, 3)),
      ...[cpuUs.client, cpuUs.coordinator, cpuUs.postgres].map(({ median }) => number(median, 0)),
    ]);
  }
  return result.toString();
}

/** QPS to scale. */
function bars(rows: readonly Row[]): string {
  const most = Math.max(...rows.map(({ qps }) => qps.median));
  return rows
    .map(({ system, qps }) => {
      const bar = "█".repeat(Math.round((qps.median / most) * BAR_WIDTH));
      return `  ${system.padEnd(3)}${bar} ${number(qps.median, 0)}`;
    })
    .join("\n");
}
