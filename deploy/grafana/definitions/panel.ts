/** The kinds of panels that these dashboards use, all with a unit and a description. */
import type { GrafanaPanel, PanelKind, PanelKinds } from "./grafana-types.ts";

/** One query of a panel. */
export interface Query {
  readonly expr: string;
  /** Name of its series, with `{{label}}` placeholders; absent: all labels. */
  readonly legend?: string;
}

/** Green; orange from `warning` up, red from `critical` up. */
export interface Limits {
  readonly warning?: number;
  readonly critical?: number;
  /** Low values are bad: green from `warning` up, red below `critical`. */
  readonly downwards?: boolean;
  /** No value is bad: green from here up, blue below. */
  readonly active?: number;
}

export interface PanelText {
  readonly title: string;
  /** What it shows and what to make of it. */
  readonly description: string;
  /** Grafana's id of the unit: s, bytes, percentunit, reqps, short, none. */
  readonly unit: string;
  readonly queries: readonly Query[];
  /** Columns of 24; default 8. */
  readonly width?: number;
  /** Grid rows; default 8, for a number 4. */
  readonly height?: number;
  readonly limits?: Limits;
  readonly min?: number;
  readonly max?: number;
  /** Names of values: `{ 0: "down", 1: "up" }`. */
  readonly names?: Readonly<Record<number, string>>;
}

/** A panel without its position. */
export interface Panel extends GrafanaPanel {
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
  readonly targets: readonly Record<string, unknown>[];
  readonly fieldConfig: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly overrides: readonly [];
  };
}

const DATASOURCE = { type: "prometheus", uid: "$datasource" };
const [GREEN, ORANGE, RED] = ["green", "orange", "red"];
const TOOLTIP = { mode: "multi", sort: "desc" } as const;

/** Lines over time. `stacked` where the sum means something. */
export function lines(text: PanelText & { readonly stacked?: boolean }): Panel {
  const { stacked = false, limits } = text;
  return panel("timeseries", text, {
    options: {
      legend: { calcs: ["lastNotNull", "max"], displayMode: "table", placement: "bottom", showLegend: true },
      tooltip: TOOLTIP,
    },
    custom: {
      drawStyle: "line",
      fillOpacity: stacked ? 30 : 0,
      lineWidth: 1,
      showPoints: "never",
      stacking: { mode: stacked ? "normal" : "none", group: "A" },
      thresholdsStyle: { mode: limits === undefined ? "off" : "dashed" },
    },
  });
}

/** The current value of each series, as a number. */
export function number(text: PanelText): Panel {
  return panel(
    "stat",
    { width: 4, height: 4, ...text },
    {
      instant: true,
      options: {
        colorMode: text.limits === undefined ? "none" : "background",
        graphMode: "none",
        justifyMode: "auto",
        orientation: "auto",
        percentChangeColorMode: "standard",
        reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
        showPercentChange: false,
        textMode: "auto",
        wideLayout: true,
      },
    },
  );
}

/** The current value of each series, as a bar. */
export function bars(text: PanelText): Panel {
  return panel("bargauge", text, {
    instant: true,
    options: {
      displayMode: "basic",
      legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: false },
      maxVizHeight: 300,
      minVizHeight: 12,
      minVizWidth: 8,
      namePlacement: "left",
      orientation: "horizontal",
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      showUnfilled: true,
      sizing: "auto",
      valueMode: "text",
    },
  });
}

/** The distribution of the current values of all series. */
export function distribution(text: PanelText): Panel {
  return panel("histogram", text, {
    instant: true,
    options: {
      combine: true,
      legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: false },
      tooltip: TOOLTIP,
    },
    custom: { fillOpacity: 80, lineWidth: 1 },
  });
}

/** The buckets of a histogram over time; its one query is the rate of the buckets, by `le`. */
export function heatMap(text: PanelText): Panel {
  const made = panel("heatmap", text, {
    options: {
      calculate: false,
      cellGap: 1,
      color: {
        exponent: 0.5,
        fill: "dark-orange",
        mode: "scheme",
        reverse: false,
        scale: "exponential",
        scheme: "Oranges",
        steps: 64,
      },
      exemplars: { color: "rgba(255,0,255,0.7)" },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: "auto" },
      showValue: "never",
      tooltip: { mode: "single", yHistogram: false },
      yAxis: { axisPlacement: "left", unit: text.unit },
    },
  });
  return { ...made, targets: made.targets.map((target) => ({ ...target, format: "heatmap" })) };
}

/** A row for each series, coloured by value over time: many series at a glance. */
export function mosaic(text: PanelText): Panel {
  return panel("status-history", text, {
    options: {
      legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: false },
      rowHeight: 0.9,
      showValue: "never",
      tooltip: TOOLTIP,
    },
    custom: { fillOpacity: 80, lineWidth: 0 },
    continuous: text.limits === undefined,
  });
}

/** A row for each series, showing its state over time. */
export function states(text: PanelText): Panel {
  return panel("state-timeline", text, {
    options: {
      legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: false },
      mergeValues: true,
      rowHeight: 0.8,
      showValue: "never",
      tooltip: TOOLTIP,
    },
    custom: { fillOpacity: 80, lineWidth: 0 },
  });
}

/** A row for each current series, its labels as columns; for series whose value carries no information. */
export function table(text: PanelText): Panel {
  const made = panel("table", text, {
    instant: true,
    options: { cellHeight: "sm", frameIndex: 0, showHeader: true },
  });
  return {
    ...made,
    targets: made.targets.map((target) => ({ ...target, format: "table" })),
    transformations: [{ id: "organize", options: { excludeByName: { Time: true, Value: true } } }],
  } as Panel;
}

interface Appearance<Kind extends PanelKind> {
  /** Queries the current value, not a range. */
  readonly instant?: boolean;
  readonly options: PanelKinds[Kind]["options"];
  readonly custom?: PanelKinds[Kind]["custom"];
  /** Colours by value, without thresholds. */
  readonly continuous?: boolean;
}

function panel<Kind extends PanelKind>(kind: Kind, text: PanelText, appearance: Appearance<Kind>): Panel {
  const { title, description, unit, queries, width = 8, height = 8, limits, min, max, names } = text;
  const { instant = false, options, custom, continuous = false } = appearance;
  return {
    type: kind,
    title,
    description,
    width,
    height,
    datasource: DATASOURCE,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat: legend ?? "__auto",
      editorMode: "code",
      ...(instant ? { instant: true, range: false } : { range: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        color: {
          mode: continuous
            ? "continuous-GrYlRd"
            : limits && kind !== "timeseries"
              ? "thresholds"
              : "palette-classic",
        },
        mappings: names === undefined ? [] : [{ type: "value", options: mappingsOf(names) }],
        thresholds: { mode: "absolute", steps: stepsOf(limits) },
        ...(custom === undefined ? {} : { custom }),
      },
      overrides: [],
    },
    options: options as never,
  } as Panel;
}

function mappingsOf(names: Readonly<Record<number, string>>) {
  return Object.fromEntries(Object.entries(names).map(([value, text], index) => [value, { index, text }]));
}

function stepsOf({ warning, critical, downwards = false, active }: Limits = {}) {
  const step = (color: string, value: number | null | undefined) =>
    value === undefined ? [] : [{ color, value }];
  if (active !== undefined) return [...step("blue", null), ...step(GREEN, active)];
  return downwards
    ? [
        ...step(critical === undefined ? ORANGE : RED, null),
        ...step(ORANGE, critical),
        ...step(GREEN, warning),
      ]
    : [...step(GREEN, null), ...step(ORANGE, warning), ...step(RED, critical)];
}
