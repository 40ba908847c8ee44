import { expect, test } from "vitest";
import { type ClusterFacts, checkCluster, type NodeFacts } from "../../../src/cli/check-cluster.ts";
import { runCli } from "./run-cli.ts";

const NODE: NodeFacts = {
  name: "a:5432",
  postgres: "15.20 (Debian 15.20-1)",
  citus: "13.2.2",
  pgvector: "0.8.4",
  schema: 3,
  settings: {
    wal_level: "logical",
    max_prepared_transactions: "200",
    output_plugin_libraries: "pgoutput, citus",
  },
};
const citus = (node: Partial<NodeFacts>): ClusterFacts => ({
  engine: "citus",
  schema: 3,
  nodes: [{ ...NODE, ...node }],
});

/** What is not ok, as `what: verdict`. */
const findings = (facts: ClusterFacts) =>
  checkCluster(facts)
    .filter(({ verdict }) => verdict !== "ok")
    .map(({ what, verdict }) => `${what}: ${verdict}`);

test("a cluster as it should be has nothing to tell", () => {
  expect(findings(citus({}))).toEqual([]);
  expect(checkCluster(citus({})).length).toBeGreaterThan(5);
});

test.each([
  [{ pgvector: "0.8.3" }, "a:5432 pgvector: warning"],
  [{ pgvector: "0.8.1" }, "a:5432 pgvector: warning"],
  [{ pgvector: "0.7.4" }, "a:5432 pgvector: failed"],
  [{ pgvector: undefined }, "a:5432 pgvector: failed"],
  [{ postgres: "14.11" }, "a:5432 PostgreSQL: warning"],
  [{ postgres: "19beta1" }, "a:5432 PostgreSQL: warning"],
  [{ citus: "13.1.0" }, "a:5432 Citus: warning"],
  [{ citus: undefined }, "a:5432 Citus: failed"],
  [{ schema: undefined }, "a:5432 schema: failed"],
  [{ schema: 1 }, "a:5432 schema: failed"],
  [{ schema: 2 }, "a:5432 schema: warning"],
  [{ schema: 5 }, "a:5432 schema: failed"],
  [{ settings: { ...NODE.settings, wal_level: "replica" } }, "a:5432 wal_level: warning"],
  [
    { settings: { ...NODE.settings, max_prepared_transactions: "0" } },
    "a:5432 max_prepared_transactions: failed",
  ],
  [
    { settings: { ...NODE.settings, output_plugin_libraries: "pgoutput" } },
    "a:5432 output_plugin_libraries: warning",
  ],
  [{ error: "connection refused" }, "a:5432: failed"],
])("%j is told", (change, finding) => {
  expect(findings(citus(change))).toEqual([finding]);
});

test("pgvector below 0.8.2 names the CVE, from there on only the vacuum bugs", () => {
  const detail = (pgvector: string) =>
    checkCluster(citus({ pgvector })).find(({ what }) => what.endsWith("pgvector"))?.detail;
  expect(detail("0.8.1")).toContain("CVE-2026-3172");
  expect(detail("0.8.2")).not.toContain("CVE");
  expect(detail("0.8.2")).toContain("vacuum");
  expect(detail("0.10.0")).toBe("0.10.0");
});

test("a server that does not know output_plugin_libraries restricts nothing", () => {
  const { output_plugin_libraries: _, ...settings } = NODE.settings ?? {};
  expect(findings(citus({ settings }))).toEqual([]);
});

test("plain PostgreSQL needs neither Citus nor its settings", () => {
  expect(findings({ ...citus({ citus: undefined, settings: {} }), engine: "postgres" })).toEqual([]);
});

test("an etcd that does not answer is told", () => {
  expect(findings({ ...citus({}), etcd: { error: "timed out" } })).toEqual(["etcd: failed"]);
  expect(findings({ ...citus({}), etcd: { version: "3.5.1" } })).toEqual([]);
});

test("doctor ends with 4 only when a check failed", async () => {
  const healthy = await runCli(["doctor", "-o", "json"], {
    local: { inspect: async () => citus({ pgvector: "0.8.0" }) },
  });
  expect(healthy.code).toBe(0);
  expect(JSON.parse(healthy.stdout)).toContainEqual({
    what: "a:5432 PostgreSQL",
    verdict: "ok",
    detail: "15.20 (Debian 15.20-1)",
  });
  const broken = await runCli(["doctor"], { local: { inspect: async () => citus({ error: "refused" }) } });
  expect(broken.code).toBe(4);
  expect(broken.stdout).toMatch(/a:5432 +failed +refused/);
});
