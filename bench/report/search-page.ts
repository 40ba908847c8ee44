/** A search run as one HTML file: settings, tables, plots. */
import { groupBy } from "../data/group-by.ts";
import { number, range } from "./figures.ts";
import { htmlTable, PAGE_STYLE } from "./html-table.ts";
import { escapeHtml, linePlot, logTicks, roundTicks } from "./line-plot.ts";
import { CURVE, type Row, type SearchSummary } from "./summary.ts";

export function searchPage(summary: SearchSummary): string {
  const { machine, settings, options, rows, ratios } = summary;
  const sections = [...groupBy(rows, ({ workload, clients }) => `${workload}, ${clients} clients`)].map(
    ([title, same]) => {
      const { workload, clients, topK } = same[0] as Row;
      const compared = ratios.filter((ratio) => ratio.workload === workload && ratio.clients === clients);
      return `<h2>${escapeHtml(title)}, top ${topK}</h2>
${table(same)}
${htmlTable(
  ["ratio", "", "median", "least to most"],
  compared.map(({ name, value }) => [name, "", number(value.median, 2), range(value, 2)]),
)}
${latencyPlot(title, same)}`;
    },
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Orrery: search benchmark</title><style>${PAGE_STYLE}</style>
<h1>Search benchmark</h1>
<p>Medians over ${options.repeats} repeats of ${options.seconds} s; CPU in microseconds per answer. docs/benchmarks.md says how it is measured.</p>
${sections.join("\n")}
<h2>QPS against recall</h2>
${[...groupBy(summary.sweep, ({ workload }) => workload)].map(([workload, points]) => sweepPlot(workload, points)).join("\n")}
<h2>Machine and settings</h2>
${htmlTable(
  ["name", "value"],
  Object.entries({ ...machine, ...settings, ...options }).map(([name, value]) => [name, String(value)]),
)}
</html>
`;
}

function table(rows: readonly Row[]): string {
  return htmlTable(
    [
      "",
      "system",
      "QPS",
      "least to most",
      "p50 ms",
      "p95",
      "p99",
      "p99.9",
      "recall",
      "p1",
      "min",
      "client CPU",
      "coordinator CPU",
      "PostgreSQL CPU",
    ],
    rows.map(({ system, name, qps, p50Ms, p95Ms, p99Ms, p999Ms, recall, cpuUs }) => [
      system,
      name,
      number(qps.median, 0),
      range(qps, 0),
      ...[p50Ms, p95Ms, p99Ms, p999Ms].map(({ median }) => number(median, 2)),
      ...[recall?.mean, recall?.p1, recall?.min].map((share) => number(share, 3)),
      ...[cpuUs.client, cpuUs.coordinator, cpuUs.postgres].map(({ median }) => number(median, 0)),
    ]),
  );
}

/** Percentiles by the number of nines, so that the tail has room. */
function latencyPlot(title: string, rows: readonly Row[]): string {
  const nines = (share: number) => -Math.log10(1 - share);
  // pgbench says 0 of an answer that was there before it looked.
  const plotted = (ms: number) => Math.max(ms, 0.01);
  const shown = [0, 0.5, 0.9, 0.99, 0.999, 0.9999];
  return linePlot({
    title: `Latency, ${title}`,
    x: {
      label: "percentile",
      ticks: shown.map((share) => ({ at: nines(share), text: `${Number((share * 100).toFixed(2))} %` })),
    },
    y: { label: "ms", ticks: logTicks(rows.flatMap(({ curveMs }) => curveMs.map(plotted))) },
    lines: rows.map(({ system, name, curveMs }) => ({
      name: `${system}  ${name}`,
      points: curveMs.map((ms, i) => ({ x: nines(CURVE[i] as number), y: Math.log10(plotted(ms)) })),
    })),
  });
}

function sweepPlot(workload: string, points: SearchSummary["sweep"]): string {
  return linePlot({
    title: `QPS against recall, ${workload}; the numbers are ef_search`,
    x: { label: "mean recall", ticks: roundTicks(points.map(({ recall }) => recall)) },
    y: { label: "QPS", ticks: roundTicks([0, ...points.map(({ qps }) => qps)]) },
    lines: [...groupBy(points, ({ system }) => system)].map(([system, own]) => ({
      name: system === "c" ? "c  Orrery" : "b'  Citus SQL, iterative scan",
      points: own.map(({ recall, qps, efSearch }) => ({ x: recall, y: qps, text: String(efSearch) })),
    })),
  });
}
