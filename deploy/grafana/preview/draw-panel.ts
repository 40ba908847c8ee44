/** Draws the kinds of panels used here roughly as Grafana would: enough to spot a mistake. */
import type { Drawn, Span } from "./ask-prometheus.ts";
import { formatValue } from "./format-value.ts";

export interface Drawable {
  readonly type: string;
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  readonly stacked: boolean;
  readonly steps: readonly { readonly color: string; readonly value: number | null }[];
  readonly names: Readonly<Record<string, { readonly text: string }>>;
  readonly width: number;
  readonly height: number;
  readonly span: Span;
}

const COLORS = [
  "#73bf69",
  "#f2cc0c",
  "#5794f2",
  "#ff9830",
  "#f2495c",
  "#b877d9",
  "#37872d",
  "#8ab8ff",
  "#ffa6b0",
  "#96d98d",
];
const MAX_ROWS = 24;

/** The HTML inside a panel. */
export function drawPanel(panel: Drawable, series: readonly Drawn[]): string {
  if (series.length === 0) return '<p class="none">No data</p>';
  switch (panel.type) {
    case "timeseries":
      return drawLines(panel, series);
    case "stat":
      return drawNumbers(panel, series);
    case "bargauge":
      return drawBars(panel, series);
    case "histogram":
      return drawHistogram(panel, series);
    case "table":
      return drawTable(series);
    default:
      return drawRows(panel, series);
  }
}

const plain = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const last = ({ points }: Drawn) => points.at(-1)?.[1] ?? Number.NaN;
const colorAt = (index: number) => COLORS[index % COLORS.length] ?? "gray";

function thresholdColor({ steps }: Drawable, value: number): string {
  return steps.findLast((step) => step.value === null || value >= step.value)?.color ?? "gray";
}

function nameOrValue({ names, unit }: Drawable, value: number): string {
  return names[String(value)]?.text ?? formatValue(value, unit);
}

function drawLines(panel: Drawable, series: readonly Drawn[]): string {
  const { width, height, span, unit, stacked } = panel;
  const legendRows = Math.min(series.length, 5);
  const [left, bottom, plotHeight] = [64, 16, height - 16 - 15 * legendRows - 6];
  const sums = new Map<number, number>();
  const tops = series.map(({ points }) =>
    points.map(([time, value]) => {
      const top = stacked ? (sums.get(time) ?? 0) + value : value;
      sums.set(time, top);
      return [time, top] as const;
    }),
  );
  const values = tops.flat().flatMap(([, value]) => (Number.isFinite(value) ? [value] : []));
  const low = panel.min ?? Math.min(...values);
  const highest = panel.max ?? Math.max(...values);
  const high = highest > low ? highest : low + 1;
  const x = (time: number) => left + ((time - span.start) / (span.end - span.start)) * (width - left - 4);
  const y = (value: number) => plotHeight - ((value - low) / (high - low)) * (plotHeight - 8) - 2;
  const grid = [0, 0.5, 1].map((part) => {
    const value = low + part * (high - low);
    return `<line x1="${left}" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="#333"/><text x="${left - 4}" y="${y(value) + 4}" text-anchor="end">${formatValue(value, unit)}</text>`;
  });
  const limits = panel.steps.flatMap(({ value, color }) =>
    value === null || value > high
      ? []
      : [
          `<line x1="${left}" x2="${width}" y1="${y(value)}" y2="${y(value)}" stroke="${color}" stroke-dasharray="4"/>`,
        ],
  );
  const paths = tops.map((points, index) => {
    const line = points
      .filter(([, value]) => Number.isFinite(value))
      .map(([time, value]) => `${x(time).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline fill="none" stroke="${colorAt(index)}" stroke-width="1.5" points="${line.join(" ")}"/>`;
  });
  const legend = series
    .slice(0, legendRows)
    .map(
      (one, index) =>
        `<div><i style="background:${colorAt(index)}"></i>${plain(one.name)} <b>${formatValue(last(one), unit)}</b></div>`,
    );
  const more = series.length > legendRows ? `<div>… ${series.length - legendRows} more</div>` : "";
  return `<svg width="${width}" height="${plotHeight + bottom - 12}">${[...grid, ...limits, ...paths].join("")}</svg><div class="legend">${legend.join("")}${more}</div>`;
}

function drawNumbers(panel: Drawable, series: readonly Drawn[]): string {
  const colored = panel.steps.length > 1;
  return series
    .slice(0, 4)
    .map((one) => {
      const background = colored ? thresholdColor(panel, last(one)) : "transparent";
      return `<div class="number" style="background:${background}">${series.length > 1 ? `<small>${plain(one.name)}</small> ` : ""}${nameOrValue(panel, last(one))}</div>`;
    })
    .join("");
}

function drawBars(panel: Drawable, series: readonly Drawn[]): string {
  const most = panel.max ?? Math.max(...series.map(last), 1e-9);
  return series
    .toSorted((a, b) => last(b) - last(a))
    .slice(0, 10)
    .map((one) => {
      const color = panel.steps.length > 1 ? thresholdColor(panel, last(one)) : "#73bf69";
      return `<div class="bar"><span>${plain(one.name)}</span><div><i style="width:${(100 * last(one)) / most}%;background:${color}"></i></div><b>${formatValue(last(one), panel.unit)}</b></div>`;
    })
    .join("");
}

function drawHistogram({ width, height, unit }: Drawable, series: readonly Drawn[]): string {
  const values = series.map(last);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const counts = Array.from({ length: 20 }, () => 0);
  for (const value of values) {
    const at = high === low ? 0 : Math.min(19, Math.floor(((value - low) / (high - low)) * 20));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const columns = counts.map((count, at) => {
    const tall = (count / most) * (height - 40);
    return `<rect x="${(at * width) / 20}" width="${width / 20 - 2}" y="${height - 30 - tall}" height="${tall}" fill="#73bf69"/>`;
  });
  return `<svg width="${width}" height="${height - 10}">${columns.join("")}<text x="0" y="${height - 14}">${formatValue(low, unit)}</text><text x="${width}" y="${height - 14}" text-anchor="end">${formatValue(high, unit)}</text></svg>`;
}

function drawTable(series: readonly Drawn[]): string {
  const labels = [...new Set(series.flatMap((one) => Object.keys(one.labels)))];
  const rows = series
    .slice(0, 10)
    .map((one) => `<tr>${labels.map((label) => `<td>${plain(one.labels[label] ?? "")}</td>`).join("")}</tr>`);
  return `<table><tr>${labels.map((label) => `<th>${label}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

/** Heat maps, mosaics and states: a row for each series, a cell for each point. */
function drawRows(panel: Drawable, series: readonly Drawn[]): string {
  const { type, width, height, span } = panel;
  const rows = (type === "heatmap" ? perBucket(series) : series).slice(0, MAX_ROWS);
  const most = Math.max(...rows.flatMap(({ points }) => points.map(([, value]) => value || 0)), 1e-9);
  const [left, tall] = [170, Math.min(24, (height - 14) / rows.length)];
  const cell = ((width - left) * span.stepSeconds) / (span.end - span.start);
  const drawn = rows.map(({ name, points }, row) => {
    const cells = points.map(([time, value]) => {
      const x = left + ((time - span.start) / (span.end - span.start)) * (width - left) - cell;
      const color =
        type === "state-timeline"
          ? thresholdColor(panel, value)
          : `rgba(255,152,48,${Number.isFinite(value) ? Math.sqrt(value / most) : 0})`;
      return `<rect x="${x.toFixed(1)}" y="${row * tall}" width="${(cell + 0.3).toFixed(1)}" height="${tall - 1}" fill="${color}"/>`;
    });
    return `${cells.join("")}<text x="${left - 6}" y="${row * tall + tall / 2 + 4}" text-anchor="end">${plain(name)}</text>`;
  });
  return `<svg width="${width}" height="${height - 8}">${drawn.join("")}</svg>`;
}

/** A histogram's buckets, each minus those below it, with the longest times on top. */
function perBucket(series: readonly Drawn[]): readonly Drawn[] {
  const sorted = series.toSorted((a, b) => bound(a) - bound(b));
  return sorted
    .map((one, index) => {
      const below = new Map(sorted[index - 1]?.points ?? []);
      return {
        ...one,
        points: one.points.map(([time, value]) => [time, value - (below.get(time) ?? 0)] as const),
      };
    })
    .toReversed();
}

function bound({ labels }: Drawn): number {
  return labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels.le);
}
