/** The dashboards match their definitions, are consistent, and query only what is exported. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DASHBOARDS, renderDashboard } from "../../../deploy/grafana/definitions/dashboards.ts";
import { projectFile, readYaml } from "../../support/compose.ts";
import { metricsIn, panelsOf, readDashboards, readRules } from "../../support/dashboards.ts";

const dashboards = Object.entries(readDashboards());
/** Prometheus's own, and those of every Node.js process. */
const OTHERS = /^(up|ALERTS|process_\w+|nodejs_\w+)$/;

function exportedMetrics(): ReadonlySet<string> {
  const page = readFileSync(projectFile("docs/metrics.md"), "utf8");
  const rows = page.matchAll(/^\| `([\w:]+)(?:\{[^}]*\})?` \| (counter|gauge|histogram) \|/gm);
  const documented = [...rows].flatMap(([, name = "", type]) =>
    type === "histogram" ? ["_bucket", "_count", "_sum"].map((part) => name + part) : [name],
  );
  const recorded = readRules().flatMap(({ record }) => record ?? []);
  return new Set([...documented, ...recorded]);
}
const exported = exportedMetrics();
const unknownIn = (expr: string) =>
  metricsIn(expr).filter((name) => !OTHERS.test(name) && !exported.has(name));

describe("names in PromQL", () => {
  it.each([
    ['sum by (le) (rate(a_bucket{x="b"}[5m]))', ["a_bucket"]],
    ["max by (by) (a) > 0.3 and on () sum(b) > 2^30", ["a", "b"]],
    ["x:y:z / ignoring (state) group_left (node) q offset 5m or vector(0)", ["x:y:z", "q"]],
  ])("finds the metrics in %s", (expr, names) => {
    expect(metricsIn(expr)).toEqual(names);
  });
});

it("has dashboard files that match their definitions: npm run dashboards", () => {
  const rendered = Object.entries(DASHBOARDS).map(([name, dashboard]) => [name, renderDashboard(dashboard)]);
  const files = readdirSync(projectFile("deploy/grafana/dashboards")).map((name) => [
    name,
    readFileSync(projectFile("deploy/grafana/dashboards", name), "utf8"),
  ]);
  expect(Object.fromEntries(files)).toEqual(Object.fromEntries(rendered));
});

it("gives every dashboard its own uid and title", () => {
  for (const key of ["uid", "title"] as const) {
    expect(new Set(dashboards.map(([, dashboard]) => dashboard[key])).size).toBe(dashboards.length);
  }
});

describe.each(dashboards)("%s", (_, dashboard) => {
  const panels = panelsOf(dashboard);

  it("has a description and links to the other dashboards", () => {
    expect(dashboard.uid).toMatch(/^orrery-[a-z]+$/);
    expect(dashboard.description).toMatch(/\.$/);
    expect(dashboard.tags).toContain("orrery");
    expect(dashboard.links).toMatchObject([{ type: "dashboards", tags: ["orrery"] }]);
  });

  it("gives each panel its own title, a unit, a description and a query", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { title, description, fieldConfig, targets = [], datasource } of panels) {
      expect(description, title).toMatch(/\.$/);
      expect(fieldConfig?.defaults.unit, title).toBeTruthy();
      expect(targets.length, title).toBeGreaterThan(0);
      expect(datasource?.uid, title).toBe("$datasource");
    }
  });

  it("places no panel over another or outside the page", () => {
    const cells = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let row = y; row < y + h; row++) {
        for (let column = x; column < x + w; column++) {
          expect(cells.has(`${row} ${column}`), title).toBe(false);
          cells.add(`${row} ${column}`);
        }
      }
    }
  });

  it("queries only series that docs/metrics.md lists or a rule records", () => {
    const asked = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const variables = dashboard.templating.list.flatMap(
      ({ definition }) => definition?.match(/^label_values\((.*), \w+\)$/)?.[1] ?? [],
    );
    expect([...asked, ...variables].flatMap(unknownIn)).toEqual([]);
  });

  it("uses all of its variables and no others", () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    const text = JSON.stringify(dashboard.panels) + JSON.stringify(dashboard.templating);
    const used = [...text.matchAll(/\$(?!__)(\w+)/g)].map(([, name = ""]) => name);
    expect([...new Set(used)].toSorted()).toEqual(names.toSorted());
  });
});

it("has rules over only those series that docs/metrics.md lists or a rule records", () => {
  expect(readRules().flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
});

/** Gauges and counters of the leader: what docs/metrics.md lists first below "Cluster". */
function leaderMetrics(): readonly string[] {
  const page = readFileSync(projectFile("docs/metrics.md"), "utf8");
  const [, table = ""] =
    /^## Cluster$([\s\S]*?)^Counted by the coordinator that does the work/m.exec(page) ?? [];
  return [...table.matchAll(/^\| `([\w:]+)(?:\{[^}]*\})?` \| (?:counter|gauge) \|/gm)].map(
    ([, name = ""]) => name,
  );
}

it("aggregates what only the leader exports with max, since two coordinators may export it for a moment", () => {
  const names = leaderMetrics();
  expect(names).toContain("orrery_node_role");
  const bare = (expr: string) =>
    names.flatMap((name) =>
      [...expr.matchAll(new RegExp(`(?<![\\w:])${name}(?!\\w)`, "g"))]
        .map(({ index }) => expr.slice(0, index))
        .filter((before) => !/\bmax(?: by \([^)]*\) ?)?\((?:rate\()?$/.test(before))
        .map((before) => `${before}${name}`),
    );
  const asked = dashboards.flatMap(([, dashboard]) =>
    panelsOf(dashboard).flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  );
  expect(bare("sum(orrery_node_role)")).toEqual(["sum(orrery_node_role"]);
  expect([...asked, ...readRules().map(({ expr }) => expr)].flatMap(bare)).toEqual([]);
});

it("names only existing dashboards and panels in the runbooks", () => {
  const titles = new Map(
    dashboards.map(([, dashboard]) => [dashboard.title, panelsOf(dashboard).map(({ title }) => title)]),
  );
  for (const page of readdirSync(projectFile("docs/runbooks"))) {
    const text = readFileSync(projectFile("docs/runbooks", page), "utf8").replaceAll(/\s+/g, " ");
    for (const [, name = "", rest = ""] of text.matchAll(/[Dd]ashboard \*([^*]+)\*([^.:;]*)/g)) {
      const panels = titles.get(`Orrery: ${name.toLowerCase()}`);
      expect(panels, `${page}: ${name}`).toBeDefined();
      for (const [, panel] of rest.matchAll(/"([^"]+)"/g)) expect(panels, page).toContain(panel);
    }
  }
});

it("provisions Grafana with the mounted folder and the running Prometheus", () => {
  const { datasources } = readYaml<{ datasources: readonly { type: string; url: string }[] }>(
    "deploy/grafana/provisioning/datasources/prometheus.yml",
  );
  expect(datasources).toMatchObject([{ type: "prometheus", url: "http://prometheus:9090" }]);
  const { providers } = readYaml<{ providers: readonly { options: { path: string } }[] }>(
    "deploy/grafana/provisioning/dashboards/orrery.yml",
  );
  const { volumes = [], environment = {} } = readYaml<{
    services: { grafana: { volumes: readonly string[]; environment: Record<string, string> } };
  }>("docker-compose.cluster.yml").services.grafana;
  const [provider] = providers;
  expect(volumes).toContain(`./deploy/grafana/dashboards:${provider?.options.path}:ro`);
  expect(environment.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(
    `${provider?.options.path}/overview.json`,
  );
});
