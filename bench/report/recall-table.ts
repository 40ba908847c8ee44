/** What searches of many kinds found and cost, by cell and in all. */
import Table from "cli-table3";
import type { Answer, CellRow } from "../measure/cell-row.ts";
import { mean, percentile, sorted } from "../measure/statistics.ts";
import { number } from "./figures.ts";

/** Below it an answer counts as bad. */
const BAD = 0.7;
/** The oracle takes an index scan only where it has this recall. */
const GOOD = 0.9;
const INDEX_WAYS = ["relaxed 40", "relaxed 100", "relaxed 400"];

export function recallTable(rows: readonly CellRow[]): string {
  const table = new Table({
    head: [
      "",
      "target",
      "cell",
      "n",
      "recall",
      "p1",
      "< .7",
      "short",
      "CPU us",
      "exact",
      "oracle",
      "relaxed",
      "recall",
      "off",
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const { kind, size, target, cell, answers } of rows) {
    const own = answers.orrery ?? [];
    const recalls = own.map(({ recall }) => recall);
    const relaxed = answers["relaxed 100"] ?? [];
    const off = answers.off ?? [];
    if (own.length === 0) continue;
    table.push([
      `${kind} ${size}`,
      target,
      cell,
      own.length,
      number(mean(recalls), 3),
      number(percentile(sorted(recalls), 0.01), 2),
      recalls.filter((recall) => recall < BAD).length,
      own.filter(({ isShort }) => isShort).length,
      number(meanCpu(own), 0),
      number(meanCpu(answers.exact ?? []), 0),
      number(mean(oracle(answers)), 0),
      number(meanCpu(relaxed), 0),
      number(mean(relaxed.map(({ recall }) => recall)), 3),
      number(mean(off.map(({ recall }) => recall)), 3),
    ]);
  }
  return table.toString();
}

/** All cells together. */
export function recallSummary(rows: readonly CellRow[]): string {
  const own = rows.flatMap(({ answers }) => answers.orrery ?? []);
  const best = rows.flatMap(({ answers }) => oracle(answers));
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const cost = sum(own.map(({ cpuUs }) => cpuUs));
  const ratios = sorted(own.map(({ cpuUs }, i) => cpuUs / (best[i] ?? Number.NaN)));
  const of = (way: string) => rows.flatMap(({ answers }) => answers[way] ?? []);
  const missed = rows.filter(
    ({ answers, target }) => mean((answers.orrery ?? []).map(({ recall }) => recall)) < target,
  );
  return [
    `${own.length} searches in ${rows.length} cells`,
    `mean recall ${number(mean(own.map(({ recall }) => recall)), 4)}, below .7: ${own.filter(({ recall }) => recall < BAD).length}, short: ${own.filter(({ isShort }) => isShort).length}`,
    `cells whose mean misses the target: ${missed.map(({ kind, size, target, cell }) => `${kind} ${size} ${target} ${cell}`).join("; ") || "none"}`,
    `CPU to the oracle's: ${number(cost / sum(best), 3)}; by search p50 ${number(percentile(ratios, 0.5), 2)}, p95 ${number(percentile(ratios, 0.95), 2)}`,
    `CPU to plain SQL, relaxed 100: ${number(cost / sum(of("relaxed 100").map(({ cpuUs }) => cpuUs)), 3)} (its recall ${number(mean(of("relaxed 100").map(({ recall }) => recall)), 3)}, below .7: ${of("relaxed 100").filter(({ recall }) => recall < BAD).length})`,
    `CPU to always exact: ${number(cost / sum(of("exact").map(({ cpuUs }) => cpuUs)), 3)}`,
  ].join("\n");
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

function meanCpu(answers: readonly Answer[]): number {
  return mean(answers.map(({ cpuUs }) => cpuUs));
}
