/**
 * `npm run dashboards:preview -- http://localhost:9090 folder`: writes one HTML page for each dashboard, its
 * panels drawn from this Prometheus. A way to view dashboards without Grafana.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DASHBOARDS } from "../definitions/dashboards.ts";
import type { GrafanaDashboard } from "../definitions/grafana-types.ts";
import { askPrometheus, type Span, type Target } from "./ask-prometheus.ts";
import { drawPanel } from "./draw-panel.ts";

interface PlacedPanel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly min?: number;
      readonly max?: number;
      readonly custom?: { readonly stacking?: { readonly mode: string } };
      readonly mappings: readonly { readonly options: Readonly<Record<string, { readonly text: string }>> }[];
      readonly thresholds: {
        readonly steps: readonly { readonly color: string; readonly value: number | null }[];
      };
    };
  };
}

const [COLUMN, LINE] = [62, 36];
const STYLE = `body{background:#111217;color:#ccccdc;font:12px sans-serif;margin:8px}main{position:relative}
section{position:absolute;box-sizing:border-box;background:#181b1f;border:1px solid #2c2e33;padding:4px;overflow:hidden}
h2{font-size:13px;margin:0 0 4px}h3{font-size:13px;margin:6px 0;color:#fff}svg text{fill:#9aa;font-size:10px}.none{text-align:center;color:#778;margin-top:40px}
.legend div{height:15px;white-space:nowrap;overflow:hidden;font-size:11px}.legend i{display:inline-block;width:10px;height:3px;margin-right:5px}
.number{font-size:26px;text-align:center;padding:14px 0;color:#fff}.bar{display:flex;gap:6px;height:19px}.bar span{width:190px;overflow:hidden;white-space:nowrap}
.bar div{flex:1;background:#22252b}.bar i{display:block;height:13px}td,th{text-align:left;padding:2px 8px;font-weight:normal}th{color:#6e9fff}`;

async function preview(url: string, dashboard: GrafanaDashboard, span: Span): Promise<string> {
  const panels = dashboard.panels as readonly PlacedPanel[];
  const drawn = await Promise.all(panels.map((panel) => section(url, panel, span)));
  const height = Math.max(...panels.map(({ gridPos }) => gridPos.y + gridPos.h)) * LINE;
  return `<!doctype html><meta charset="utf-8"><title>${dashboard.title}</title><style>${STYLE}</style>
<h2>${dashboard.title}</h2><main style="height:${height}px">${drawn.join("\n")}</main>`;
}

async function section(url: string, panel: PlacedPanel, span: Span): Promise<string> {
  const { x, y, w, h } = panel.gridPos;
  const place = `left:${x * COLUMN}px;top:${y * LINE}px;width:${w * COLUMN - 4}px;height:${h * LINE - 4}px`;
  if (panel.fieldConfig === undefined) return `<h3 style="position:absolute;${place}">${panel.title}</h3>`;
  const { unit, min, max, custom, mappings, thresholds } = panel.fieldConfig.defaults;
  const series = await Promise.all((panel.targets ?? []).map((target) => askPrometheus(url, target, span)));
  const inside = drawPanel(
    {
      type: panel.type,
      unit,
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
      stacked: custom?.stacking?.mode === "normal",
      steps: thresholds.steps,
      names: mappings[0]?.options ?? {},
      width: w * COLUMN - 16,
      height: h * LINE - 34,
      span,
    },
    series.flat(),
  );
  return `<section style="${place}" title="${panel.description ?? ""}"><h2>${panel.title}</h2>${inside}</section>`;
}

const [url = "http://localhost:9090", folder = "dist/preview", seconds = "300"] = process.argv.slice(2);
const end = Math.floor(Date.now() / 1000);
const span = {
  start: end - Number(seconds),
  end,
  stepSeconds: Math.max(1, Math.round(Number(seconds) / 100)),
};
mkdirSync(folder, { recursive: true });
for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
  writeFileSync(join(folder, name.replace(".json", ".html")), await preview(url, dashboard, span));
}
