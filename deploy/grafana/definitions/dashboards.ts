/** All dashboards and their files. */
import { coordinators } from "./coordinators.ts";
import type { GrafanaDashboard } from "./grafana-types.ts";
import { operations } from "./operations.ts";
import { overview } from "./overview.ts";
import { replication } from "./replication.ts";
import { shards } from "./shards.ts";

/** All dashboards, by file name in deploy/grafana/dashboards. */
export const DASHBOARDS: Readonly<Record<string, GrafanaDashboard>> = {
  "overview.json": overview,
  "shards.json": shards,
  "replication.json": replication,
  "operations.json": operations,
  "coordinators.json": coordinators,
};

/** The content of its file. */
export function renderDashboard(dashboard: GrafanaDashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`;
}
