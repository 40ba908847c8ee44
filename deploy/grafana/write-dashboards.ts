/** `npm run dashboards`: writes deploy/grafana/dashboards from the definitions. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../src/lib/package-root.ts";
import { DASHBOARDS, renderDashboard } from "./definitions/dashboards.ts";

for (const [name, dashboard] of Object.entries(DASHBOARDS)) {
  writeFileSync(join(packageRoot(), "deploy/grafana/dashboards", name), renderDashboard(dashboard));
}
