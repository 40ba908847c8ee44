/** A plot of lines as inline SVG: no script, no file beside it. */

export interface Axis {
  readonly label: string;
  /** Where lines of the grid are, in the order of the axis; the first and the last are its ends. */
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
}

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly text?: string }[];
}

export interface Plot {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly Line[];
}

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 220;
const TOP = 40;
const BOTTOM = 55;
const COLOURS = ["#d1495b", "#edae49", "#8d5a97", "#00798c", "#30638e", "#4f772d", "#6c757d", "#222222"];

export function linePlot({ title, x, y, lines }: Plot): string {
  const toX = scale(x, LEFT, WIDTH - RIGHT);
  const toY = scale(y, HEIGHT - BOTTOM, TOP);
  const grid = [
    ...x.ticks.map(
      ({ at, text }) =>
        `<path d="M${toX(at)} ${TOP}V${HEIGHT - BOTTOM}" class="grid"/><text x="${toX(at)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${escapeHtml(text)}</text>`,
    ),
    ...y.ticks.map(
      ({ at, text }) =>
        `<path d="M${LEFT} ${toY(at)}H${WIDTH - RIGHT}" class="grid"/><text x="${LEFT - 6}" y="${toY(at) + 4}" text-anchor="end">${escapeHtml(text)}</text>`,
    ),
  ];
  const drawn = lines.map(({ name, points }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const at = points.map((point) => ({ ...point, left: toX(point.x), top: toY(point.y) }));
    const marks = at
      .filter(({ text }) => text !== undefined)
      .map(
        ({ left, top, text }) =>
          `<circle cx="${left}" cy="${top}" r="3" fill="${colour}"/><text x="${left + 5}" y="${top - 5}">${escapeHtml(text ?? "")}</text>`,
      );
    const legendTop = TOP + 14 + index * 18;
    return `<polyline points="${at.map(({ left, top }) => `${left},${top}`).join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>${marks.join("")}
<rect x="${WIDTH - RIGHT + 12}" y="${legendTop - 9}" width="12" height="10" fill="${colour}"/><text x="${WIDTH - RIGHT + 30}" y="${legendTop}">${escapeHtml(name)}</text>`;
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" aria-label="${escapeHtml(title)}">
<text x="${LEFT}" y="22" class="title">${escapeHtml(title)}</text>
${grid.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escapeHtml(x.label)}</text>
<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.label)}</text>
${drawn.join("\n")}
</svg>`;
}

/** From the axis to pixels. */
function scale({ ticks }: Axis, from: number, to: number): (value: number) => number {
  const first = ticks[0]?.at ?? 0;
  const last = ticks.at(-1)?.at ?? 1;
  return (value) => Math.round((from + ((value - first) / (last - first)) * (to - from)) * 10) / 10;
}

/** About `count` round values that enclose `values`. */
export function roundTicks(values: readonly number[], count = 6): Axis["ticks"] {
  const min = Math.min(...values);
  const max = Math.max(...values);
  const rough = (max - min || Math.abs(max) || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  const first = Math.floor(min / step);
  const last = Math.max(first + 1, Math.ceil(max / step));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const at = (first + i) * step;
    return { at, text: at.toFixed(digits) };
  });
}

/** Powers of ten, at their logarithms, that enclose `values`. */
export function logTicks(values: readonly number[]): Axis["ticks"] {
  const first = Math.floor(Math.log10(Math.min(...values)));
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    at: first + i,
    text: String(10 ** (first + i)),
  }));
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
