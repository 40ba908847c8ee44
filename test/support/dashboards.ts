/** Reads the dashboards and rules, and the metric names in their PromQL. */
import { readdirSync, readFileSync } from "node:fs";
import { projectFile, readYaml } from "./compose.ts";

export interface DashboardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly instant?: boolean;
  }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly links: readonly { readonly type: string; readonly tags: readonly string[] }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
  readonly panels: readonly DashboardPanel[];
}

/** By file name. */
export function readDashboards(): Readonly<Record<string, Dashboard>> {
  const folder = projectFile("deploy/grafana/dashboards");
  return Object.fromEntries(
    readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(`${folder}/${name}`, "utf8"))]),
  );
}

/** The panels with queries, without rows. */
export function panelsOf(dashboard: Dashboard): readonly DashboardPanel[] {
  return dashboard.panels.filter(({ type }) => type !== "row");
}

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
}

/** Recording and alerting rules. */
export function readRules(): readonly Rule[] {
  return ["recording.yml", "alerts.yml"].flatMap((name) =>
    readYaml<{ groups: readonly { rules: readonly Rule[] }[] }>(
      "deploy/prometheus/rules",
      name,
    ).groups.flatMap(({ rules }) => rules),
  );
}

/** PromQL as Grafana sends it when every variable is "All". */
export function withVariables(expr: string, rateInterval = "1m"): string {
  return expr
    .replaceAll("$__rate_interval", rateInterval)
    .replaceAll("$__range", "1h")
    .replaceAll(/\$\w+/g, ".*");
}

const KEYWORDS = /^(and|or|unless|bool|offset|inf|nan)$/i;
const LABEL_LISTS = /\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;

/** The names of the metrics in an expression. */
export function metricsIn(expr: string): readonly string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, "")
    .replaceAll(/\{[^}]*\}/g, " ")
    .replaceAll(/\[[^\]]*\]/g, " ")
    .replaceAll(LABEL_LISTS, " ");
  const names = bare.matchAll(/(?<![\w:])[a-zA-Z_:][\w:]*(?!\s*\(|[\w:])/g);
  return [...new Set([...names].map(([name]) => name))].filter((name) => !KEYWORDS.test(name));
}
