/** The tables of `recall` and of `filters`, over the same rows. */
import { expect, it } from "vitest";
import type { Answer, CellRow } from "../../../../bench/measure/cell-row.ts";
import { filtersSummary, filtersTable } from "../../../../bench/report/filters-table.ts";
import { recallSummary, recallTable } from "../../../../bench/report/recall-table.ts";

const answer = (recall: number, cpuUs: number, isShort = false): Answer => ({ recall, cpuUs, isShort });
const row = (cell: string, own: readonly Answer[]): CellRow => ({
  kind: "none",
  size: 1_000,
  target: 0.95,
  cell,
  answers: {
    orrery: own,
    off: own.map(() => answer(0.5, 50, true)),
    "relaxed 40": own.map(() => answer(0.8, 60)),
    "relaxed 100": own.map(() => answer(0.9, 100)),
    "relaxed 400": own.map(() => answer(1, 400)),
    exact: own.map(() => answer(1, 300)),
  },
});
const good = row("random 0.1", [answer(1, 150), answer(1, 150)]);
const short = row("far 0.1", [answer(1, 100), answer(1, 100, true)]);
const bad = row("near 0.1", [answer(0.6, 100), answer(1, 100)]);
const empty = row("near 0.001", []);
const lineOf = (text: string, cell: string) => text.split("\n").find((line) => line.includes(cell)) ?? "";

it("recall says of each cell whether it holds, and its cost to that of the oracle", () => {
  const table = recallTable([good, short, bad, empty]);
  expect(lineOf(table, "random 0.1")).toMatch(/yes.*150.*100.*1\.50/);
  expect(lineOf(table, "far 0.1")).toContain("NO");
  expect(lineOf(table, "near 0.1")).toContain("NO");
  expect(table).not.toContain("near 0.001");
});

it("recall names the cells that do not hold, but none that nothing was asked in", () => {
  const summary = recallSummary([good, short, bad, empty]);
  expect(lineOf(summary, "do not hold")).toMatch(/far 0\.1; none 1000 0\.95 near 0\.1$/);
  expect(lineOf(recallSummary([good, empty]), "do not hold")).toMatch(/none$/);
  expect(lineOf(summary, "below .7")).toMatch(/below \.7: 1, short: 1/);
  expect(lineOf(summary, "oracle's")).toContain("1.167");
});

it("filters puts recall, bad answers and cost of every way side by side", () => {
  const line = lineOf(filtersTable([good]), "random 0.1");
  expect(line).toMatch(/1\.000, 150 .*0\.500 \(100 bad\), 50 .*0\.800, 60 .*0\.900, 100 .*1\.000, 400 .*300/);
  expect(lineOf(filtersTable([bad]), "near 0.1")).toContain("0.800 (50 bad), 100");
});

it("filters sums up each way, with Orrery's cost to it", () => {
  const summary = filtersSummary([good, short]);
  expect(lineOf(summary, "off")).toMatch(/4 of 4 short; CPU of Orrery to it 2\.50/);
  expect(lineOf(summary, "always exact")).toMatch(/0 of 4 short; CPU of Orrery to it 0\.42/);
});
