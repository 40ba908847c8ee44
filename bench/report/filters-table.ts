/** Filtered searches by Orrery, by plain SQL with pgvector's ways, and by comparing all: recall and cost. */
import Table from "cli-table3";
import type { Answer, CellRow } from "../measure/cell-row.ts";
import { mean } from "../measure/statistics.ts";
import { number } from "./figures.ts";

const BAD = 0.7;
/** As they are headed: the ways of `CellRow.answers`. */
const WAYS = [
  ["Orrery", "orrery"],
  ["off", "off"],
  ["relaxed 40", "relaxed 40"],
  ["relaxed 100", "relaxed 100"],
  ["relaxed 400", "relaxed 400"],
] as const;

/** A cell is: mean recall, bad answers of 100 if there are any, CPU microseconds of the server a search. */
export function filtersTable(rows: readonly CellRow[]): string {
  const table = new Table({
    head: ["", "target", "cell", "n", ...WAYS.map(([head]) => `${head}: recall, CPU us`), "exact: CPU us"],
    style: { head: [], border: [], compact: true },
  });
  for (const { kind, size, target, cell, answers } of rows) {
    const count = answers.orrery?.length ?? 0;
    if (count === 0) continue;
    table.push([
      `${kind} ${size}`,
      target,
      cell,
      count,
      ...WAYS.map(([, way]) => figures(answers[way] ?? [])),
      number(cost(answers.exact ?? []), 0),
    ]);
  }
  return `${table}\n(n bad: of 100 answers, those with less than ${BAD} of what there is to find)`;
}

/** By way, over all cells. */
export function filtersSummary(rows: readonly CellRow[]): string {
  const of = (way: string) => rows.flatMap(({ answers }) => answers[way] ?? []);
  const own = cost(of("orrery"));
  return [...WAYS, ["always exact", "exact"] as const]
    .map(([head, way]) => {
      const answers = of(way);
      const short = answers.filter(({ isShort }) => isShort).length;
      return `${head.padEnd(13)} ${figures(answers)}, ${short} of ${answers.length} short; CPU of Orrery to it ${number(own / cost(answers), 2)}`;
    })
    .join("\n");
}

function figures(answers: readonly Answer[]): string {
  if (answers.length === 0) return "";
  const bad = (100 * answers.filter(({ recall }) => recall < BAD).length) / answers.length;
  const recall = number(mean(answers.map(({ recall }) => recall)), 3);
  return `${recall}${bad === 0 ? "" : ` (${number(bad, 0)} bad)`}, ${number(cost(answers), 0)}`;
}

function cost(answers: readonly Answer[]): number {
  return mean(answers.map(({ cpuUs }) => cpuUs));
}
