/** Grafana's own types of dashboards and panels, with enumerations as the plain strings of the JSON. */
import type * as grafana from "@grafana/schema";
import type { Options as BarGaugeOptions } from "@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen";
import type { Options as HeatmapOptions } from "@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen";
import type {
  FieldConfig as HistogramFields,
  Options as HistogramOptions,
} from "@grafana/schema/dist/esm/raw/composable/histogram/panelcfg/x/HistogramPanelCfg_types.gen";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as TimelineFields,
  Options as TimelineOptions,
} from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type {
  FieldConfig as HistoryFields,
  Options as HistoryOptions,
} from "@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen";
import type { Options as TableOptions } from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type {
  FieldConfig as TimeSeriesFields,
  Options as TimeSeriesOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

/** What each kind of panel takes besides its queries. */
export interface PanelKinds {
  readonly timeseries: {
    readonly options: Plain<TimeSeriesOptions>;
    readonly custom: Plain<TimeSeriesFields>;
  };
  readonly stat: { readonly options: Plain<StatOptions>; readonly custom: undefined };
  readonly bargauge: { readonly options: Plain<BarGaugeOptions>; readonly custom: undefined };
  readonly heatmap: { readonly options: Plain<HeatmapOptions>; readonly custom: undefined };
  readonly histogram: { readonly options: Plain<HistogramOptions>; readonly custom: Plain<HistogramFields> };
  readonly table: { readonly options: Plain<TableOptions>; readonly custom: undefined };
  readonly "state-timeline": {
    readonly options: Plain<TimelineOptions>;
    readonly custom: Plain<TimelineFields>;
  };
  readonly "status-history": {
    readonly options: Plain<HistoryOptions>;
    readonly custom: Plain<HistoryFields>;
  };
}

export type PanelKind = keyof PanelKinds;
export type GrafanaDashboard = Plain<Omit<grafana.Dashboard, "panels" | "templating">> & {
  readonly panels: readonly unknown[];
  readonly templating: { readonly list: readonly unknown[] };
};
export type GrafanaPanel = Plain<Omit<grafana.Panel, "options" | "fieldConfig" | "transformations">>;
export type GrafanaVariable = Plain<Omit<grafana.VariableModel, "hide" | "sort" | "refresh">> & {
  readonly sort?: number;
  readonly refresh?: number;
};
