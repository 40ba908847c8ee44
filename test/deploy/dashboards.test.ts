/** A real Prometheus understands every query of the dashboards. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { panelsOf, readDashboards, withVariables } from "../support/dashboards.ts";
import { type PrometheusServer, startPrometheus } from "../support/prometheus.ts";

let prometheus: PrometheusServer;
beforeAll(async () => {
  prometheus = await startPrometheus({ targets: [] });
});
afterAll(() => prometheus?.stop());

describe.each(Object.entries(readDashboards()))("%s", (_, dashboard) => {
  it.each(panelsOf(dashboard).map((panel) => [panel.title, panel] as const))(
    "answers the queries of the panel %s",
    async (_, { targets = [] }) => {
      for (const { expr } of targets) {
        expect(await prometheus.query(withVariables(expr))).toBeInstanceOf(Array);
      }
    },
  );
});
