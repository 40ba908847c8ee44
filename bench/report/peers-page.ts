/** A run of `peers` as one HTML file: tables, QPS and CPU against recall. */
import { type PeerResults, type SweepRow, totalOf } from "../measure/peer-rows.ts";
import { htmlTable, PAGE_STYLE } from "./html-table.ts";
import { escapeHtml, linePlot, logTicks, roundTicks } from "./line-plot.ts";
import { curve, tablesOf } from "./peers-tables.ts";

export function peersPage(run: {
  readonly machine: object;
  readonly settings: object;
  readonly options: object;
  readonly results: readonly PeerResults[];
}): string {
  const facts = Object.entries({ ...run.machine, ...run.settings, ...run.options });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Orrery: beside other systems</title><style>${PAGE_STYLE}</style>
<h1>Beside other systems</h1>
<p>docs/benchmarks.md says how it is measured, and what each comparison is fair for. QPS of a machine that does other work, too, say little; CPU per answer does. An asterisk: so much or less, as the least width has more recall.</p>
${run.results.map(section).join("\n")}
<h2>Machine and settings</h2>
${htmlTable(
  ["name", "value"],
  facts.map(([name, value]) => [name, String(value)]),
)}
</html>
`;
}

function section(results: PeerResults): string {
  const { kind, records, dimension } = results;
  return `<h2>${escapeHtml(`${kind}, ${records} records of ${dimension} dimensions`)}</h2>
${tablesOf(results)
  .map(({ title, head, rows }) => `<h3>${escapeHtml(title)}</h3>${htmlTable(head, rows)}`)
  .join("\n")}
${plot(results, { label: "QPS", value: ({ qps }) => qps })}
${plot(results, { label: "CPU us per answer, all processes", value: ({ cpu }) => totalOf(cpu) })}`;
}

function plot(
  { kind, systems, sweep }: PeerResults,
  { label, value }: { readonly label: string; readonly value: (row: SweepRow) => number },
): string {
  if (sweep.length === 0) return "";
  return linePlot({
    title: `${label} against recall, ${kind}; the numbers are widths (ef_search)`,
    x: { label: "mean recall@10", ticks: roundTicks(sweep.map(({ recall }) => recall)) },
    y: { label, ticks: logTicks(sweep.map(value)) },
    lines: systems.map(({ id, name }) => ({
      name,
      points: curve(sweep, id).map((row) => ({
        x: row.recall,
        y: Math.log10(value(row)),
        text: String(row.width),
      })),
    })),
  });
}
