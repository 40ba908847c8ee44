/** Builds a dashboard from rows of panels: positions, ids, variables, links to the other dashboards. */
import type { GrafanaDashboard, GrafanaVariable } from "./grafana-types.ts";
import type { Panel } from "./panel.ts";

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

export interface DashboardText {
  /** Fixed: links and alerts name it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** In addition to the data source and the job. */
  readonly variables: readonly GrafanaVariable[];
  readonly rows: readonly Row[];
}

const COLUMNS = 24;
const TAG = "orrery";

export function dashboard({ uid, title, description, variables, rows }: DashboardText): GrafanaDashboard {
  return {
    uid,
    title,
    description,
    tags: [TAG],
    editable: true,
    fiscalYearStartMonth: 0,
    graphTooltip: 1,
    schemaVersion: 39,
    version: 1,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "browser",
    timepicker: {},
    annotations: { list: [] },
    links: [
      {
        type: "dashboards",
        title: "Orrery",
        tags: [TAG],
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        icon: "external link",
        tooltip: "",
        url: "",
      },
    ],
    templating: { list: [DATASOURCE, job, ...variables] },
    panels: place(rows),
  };
}

/** A variable over the values of a label of `metric`: any number of them, initially all. */
export function labelFilter(name: string, label: string, metric: string, title: string): GrafanaVariable {
  const query = `label_values(${metric}, ${label})`;
  return {
    type: "query",
    name,
    label: title,
    datasource: { type: "prometheus", uid: "$datasource" },
    definition: query,
    query: { query, refId: name },
    includeAll: true,
    allValue: ".*",
    multi: true,
    current: { text: ["All"], value: ["$__all"] },
    refresh: 2,
    sort: 3,
    skipUrlSync: false,
    options: [],
    regex: "",
  } as GrafanaVariable;
}

const DATASOURCE = {
  type: "datasource",
  name: "datasource",
  label: "Data source",
  query: "prometheus",
  includeAll: false,
  multi: false,
  refresh: 1,
  regex: "",
  options: [],
} as GrafanaVariable;

const job = labelFilter("job", "job", "orrery_build_info", "Job");
/** Coordinators by `host:port`. */
export const instance = labelFilter("instance", "instance", 'orrery_build_info{job=~"$job"}', "Coordinator");

function place(rows: readonly Row[]): readonly unknown[] {
  const placed: unknown[] = [];
  let id = 0;
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({
      id: ++id,
      type: "row",
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y: y++, w: COLUMNS, h: 1 },
    });
    let x = 0;
    let lineHeight = 0;
    for (const { width, height, ...panel } of panels) {
      if (x + width > COLUMNS) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      placed.push({ id: ++id, gridPos: { x, y, w: width, h: height }, ...panel });
      x += width;
      lineHeight = Math.max(lineHeight, height);
    }
    y += lineHeight;
  }
  return placed;
}
