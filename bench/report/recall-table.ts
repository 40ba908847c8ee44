/** What Orrery's searches found and cost, judged cell by cell and in all. */
import Table from "cli-table3";
import type { Answer, CellRow } from "../measure/cell-row.ts";
import { mean, percentile, sorted } from "../measure/statistics.ts";
import { number } from "./figures.ts";

/** Below it an answer counts as bad. */
const BAD = 0.7;
/** The oracle takes an index scan only where it has this recall. */
const GOOD = 0.9;
const INDEX_WAYS = ["relaxed 40", "relaxed 100", "relaxed 400"];

const HEAD = [
  "",
  "target",
  "cell",
  "n",
  "recall",
  "p1",
  "< .7",
  "short",
  "holds",
  "CPU us",
  "oracle",
  "ratio",
  "p95",
];

export function recallTable(rows: readonly CellRow[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  for (const row of rows) {
    const { kind, size, target, cell, answers } = row;
    const own = answers.orrery ?? [];
    if (own.length === 0) continue;
    const { recall, p1, bad, short } = found(own);
    const cost = mean(own.map(({ cpuUs }) => cpuUs));
    const best = mean(oracle(answers));
    table.push([
      `${kind} ${size}`,
      target,
      cell,
      own.length,
      number(recall, 3),
      number(p1, 2),
      bad,
      short,
      holds(row) ? "yes" : "NO",
      number(cost, 0),
      number(best, 0),
      number(cost / best, 2),
      number(percentile(ratiosOf(row), 0.95), 2),
    ]);
  }
  return table.toString();
}

/** All cells together. */
export function recallSummary(rows: readonly CellRow[]): string {
  const own = rows.flatMap(({ answers }) => answers.orrery ?? []);
  const best = rows.flatMap(({ answers }) => oracle(answers));
  const relaxed = rows.flatMap(({ answers }) => answers["relaxed 100"] ?? []);
  const all = found(own);
  const cost = cpuOf(own);
  const ratios = sorted(rows.flatMap((row) => [...ratiosOf(row)]));
  const missed = rows.filter((row) => (row.answers.orrery ?? []).length > 0 && !holds(row));
  return [
    `${own.length} searches in ${rows.length} cells`,
    `mean recall ${number(all.recall, 4)}, below .7: ${all.bad}, short: ${all.short}`,
    `cells that do not hold (mean below the target, p1 below .7, or short): ${missed.map(({ kind, size, target, cell }) => `${kind} ${size} ${target} ${cell}`).join("; ") || "none"}`,
    `CPU to the oracle's: ${number(cost / sum(best), 3)}; by search p50 ${number(percentile(ratios, 0.5), 2)}, p95 ${number(percentile(ratios, 0.95), 2)}`,
    `CPU to plain SQL, relaxed 100: ${number(cost / cpuOf(relaxed), 3)} (its recall ${number(found(relaxed).recall, 3)}, below .7: ${found(relaxed).bad})`,
    `CPU to always exact: ${number(cost / cpuOf(rows.flatMap(({ answers }) => answers.exact ?? [])), 3)}`,
  ].join("\n");
}

/** The mean reaches the target, 99 of 100 answers have .7 or more, none lacks what there is. */
function holds({ target, answers }: CellRow): boolean {
  const { recall, p1, short } = found(answers.orrery ?? []);
  return recall >= target && p1 >= BAD && short === 0;
}

function found(answers: readonly Answer[]) {
  const recalls = answers.map(({ recall }) => recall);
  return {
    recall: mean(recalls),
    p1: percentile(sorted(recalls), 0.01),
    bad: recalls.filter((recall) => recall < BAD).length,
    short: answers.filter(({ isShort }) => isShort).length,
  };
}

/** Cost of each search to the oracle's, in order of size. */
function ratiosOf({ answers }: CellRow): Float64Array {
  const best = oracle(answers);
  return sorted((answers.orrery ?? []).map(({ cpuUs }, i) => cpuUs / (best[i] ?? Number.NaN)));
}

/** For each query the cheaper of comparing all and an index scan that finds enough. */
function oracle(answers: CellRow["answers"]): readonly number[] {
  return (answers.exact ?? []).map(({ cpuUs }, i) =>
    Math.min(
      cpuUs,
      ...INDEX_WAYS.flatMap((way) => {
        const answer = answers[way]?.[i];
        return answer !== undefined && answer.recall >= GOOD && !answer.isShort ? [answer.cpuUs] : [];
      }),
    ),
  );
}

function cpuOf(answers: readonly Answer[]): number {
  return sum(answers.map(({ cpuUs }) => cpuUs));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
