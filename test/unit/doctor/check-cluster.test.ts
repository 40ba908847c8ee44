import { expect, it } from "vitest";
import { checkCluster } from "../../../src/doctor/check-cluster.ts";
import type { ClusterFacts, NodeFacts } from "../../../src/doctor/cluster-facts.ts";
import type { ServerFacts } from "../../../src/servers/server-facts.ts";
import { runCli } from "../cli/run-cli.ts";
import { FIT_SERVER } from "../servers/sample-facts.ts";

const SERVER: ServerFacts = {
  ...FIT_SERVER,
  postgres: "15.20 (Debian 15.20-1)",
  citus: "13.2.2",
  maxPreparedTransactions: 200,
};
const NODE: NodeFacts = { name: "a:5432", schema: 3, server: SERVER };
const citus = (node: Partial<NodeFacts>): ClusterFacts => ({
  engine: "citus",
  schema: 3,
  nodes: [{ ...NODE, ...node }],
});
const server = (changes: Partial<ServerFacts>) => ({ server: { ...SERVER, ...changes } });

/** What is not ok, as `what: verdict`. */
const findings = (facts: ClusterFacts) =>
  checkCluster(facts)
    .filter(({ verdict }) => verdict !== "ok")
    .map(({ what, verdict }) => `${what}: ${verdict}`);

it("finds nothing wrong with a cluster as it should be", () => {
  expect(findings(citus({}))).toEqual([]);
  expect(checkCluster(citus({})).length).toBeGreaterThan(5);
});

it.each([
  [server({ pgvector: "0.8.3" }), "a:5432 pgvector: warning"],
  [server({ pgvector: "0.8.1" }), "a:5432 pgvector: warning"],
  [server({ pgvector: "0.7.4" }), "a:5432 pgvector: failed"],
  [server({ pgvector: undefined }), "a:5432 pgvector: failed"],
  [server({ postgres: "14.11" }), "a:5432 PostgreSQL: warning"],
  [server({ postgres: "19beta1" }), "a:5432 PostgreSQL: warning"],
  [server({ citus: "13.1.0" }), "a:5432 Citus: warning"],
  [server({ citus: undefined }), "a:5432 Citus: failed"],
  [{ schema: undefined }, "a:5432 schema: failed"],
  [{ schema: 1 }, "a:5432 schema: failed"],
  [{ schema: 2 }, "a:5432 schema: warning"],
  [{ schema: 5 }, "a:5432 schema: failed"],
  [server({ walLevel: "replica" }), "a:5432 wal_level: warning"],
  [server({ maxPreparedTransactions: 0 }), "a:5432 max_prepared_transactions: failed"],
  [server({ outputPluginLibraries: "pgoutput" }), "a:5432 output_plugin_libraries: warning"],
  [{ error: "connection refused" }, "a:5432: failed"],
])("reports %j", (change, finding) => {
  expect(findings(citus(change))).toEqual([finding]);
});

it("warns of collections that lack what new ones have, with the command that brings it", () => {
  const collections = [
    { name: "old", lacks: ["index on metadata", "index on tags"] },
    { name: "new", lacks: [] },
  ];
  const about = (facts: ClusterFacts) =>
    checkCluster(facts).filter(({ what }) => what.startsWith("collection"));
  expect(about({ ...citus({}), collections })).toEqual([
    {
      what: "collection old",
      verdict: "warning",
      detail:
        "lacks what new ones have (index on metadata, index on tags); run orrery collections update old --complete",
    },
  ]);
  expect(about({ ...citus({}), collections: collections.slice(1) })).toEqual([
    { what: "collections", verdict: "ok", detail: "have what new ones have" },
  ]);
});

it("reports a right that moves lack where there are standbys, with what to grant", () => {
  const ofAdmin = (admin: NodeFacts["admin"]) =>
    admin && checkCluster(citus({ admin })).filter(({ what }) => what === "a:5432 rights");
  const hidden = { role: "mover", seesLag: false, hasStandbys: true };
  expect(ofAdmin(hidden)).toEqual([
    {
      what: "a:5432 rights",
      verdict: "warning",
      detail: expect.stringMatching(/mover .*GRANT pg_monitor TO it/),
    },
  ]);
  expect(ofAdmin({ ...hidden, hasStandbys: false })).toEqual([]);
  expect(ofAdmin({ ...hidden, seesLag: true })).toEqual([]);
  expect(ofAdmin({ error: "password authentication failed" })).toMatchObject([{ verdict: "failed" }]);
});

it("reports functions that everybody may run", () => {
  expect(findings(citus({ openFunctions: true }))).toEqual(["a:5432 rights: warning"]);
  expect(findings(citus({ openFunctions: false }))).toEqual([]);
});

it("reports a node that Citus does not use, and nothing else about it", () => {
  const facts = { ...citus({}), nodes: [NODE, { name: "b:5432", inactive: true }] };
  expect(findings(facts)).toEqual(["b:5432: warning"]);
});

it("names the CVE for pgvector below 0.8.2, and only the vacuum bugs from there on", () => {
  const detail = (pgvector: string) =>
    checkCluster(citus(server({ pgvector }))).find(({ what }) => what.endsWith("pgvector"))?.detail;
  expect(detail("0.8.1")).toContain("CVE-2026-3172");
  expect(detail("0.8.2")).not.toContain("CVE");
  expect(detail("0.8.2")).toContain("vacuum");
  expect(detail("0.10.0")).toBe("0.10.0");
});

it("finds nothing wrong with a server that does not know output_plugin_libraries", () => {
  expect(findings(citus(server({ outputPluginLibraries: undefined })))).toEqual([]);
});

it("asks plain PostgreSQL for neither Citus nor its settings", () => {
  expect(
    findings({
      ...citus(server({ citus: undefined, walLevel: "replica", maxPreparedTransactions: 0 })),
      engine: "postgres",
    }),
  ).toEqual([]);
});

it("reports settings that do not suit the data with the reason and what is advised", () => {
  const advice = {
    subject: "a:5432",
    parameter: "maintenance_work_mem",
    present: "64MB",
    advised: "222MB",
    reason: "the graph of shard 102008 takes that",
  };
  const facts = { ...citus({}), parameters: { advice: [advice], unknownNodes: [] } };
  expect(findings(facts)).toEqual(["a:5432 maintenance_work_mem: warning"]);
  expect(checkCluster(facts).at(-1)?.detail).toBe(`64MB, advised 222MB: ${advice.reason}`);
  expect(checkCluster({ ...citus({}), parameters: { advice: [], unknownNodes: [] } }).at(-1)).toMatchObject({
    what: "parameters",
    verdict: "ok",
  });
});

it("reports an etcd that does not answer", () => {
  expect(findings({ ...citus({}), etcd: { error: "timed out" } })).toEqual(["etcd: failed"]);
  expect(findings({ ...citus({}), etcd: { version: "3.5.1" } })).toEqual([]);
});

const HEALTHY: Partial<NodeFacts> = {
  clock: { aheadMs: 40, errorMs: 5 },
  connections: { used: 10, allowed: 97 },
  disk: { freeBytes: 50e9, totalBytes: 100e9 },
  seesStatistics: true,
  idleSlotBytes: 0,
  shards: [
    {
      table: "c_1_102008",
      rows: 50_000,
      indexes: 1,
      valid: true,
      indexBytes: 100e6,
      indexScans: 12,
      sequentialScans: 40,
    },
  ],
};
const shard = (change: Partial<NonNullable<NodeFacts["shards"]>[number]>) => ({
  ...HEALTHY,
  shards: [
    {
      table: "c_1_102008",
      rows: 50_000,
      indexes: 1,
      valid: true,
      indexBytes: 100e6,
      indexScans: 12,
      sequentialScans: 40,
      ...change,
    },
  ],
});

it("finds nothing wrong with a healthy server, and shows what it has", () => {
  expect(findings({ ...citus(HEALTHY), poolMax: 10 })).toEqual([]);
  const checks = checkCluster(citus(HEALTHY)).map(({ what, detail }) => `${what}: ${detail}`);
  expect(checks).toContain("a:5432 connections: 10 of 97 used");
  expect(checks).toContain("a:5432 disk: 46.6 GiB of 93.1 GiB free");
  expect(checks).toContain("a:5432 indexes: of 1 shards valid");
  expect(checks).toContain("clocks: within a second of this machine's");
});

it.each<[Partial<NodeFacts>, string, RegExp]>([
  [{ ...HEALTHY, clock: { aheadMs: -3_000, errorMs: 50 } }, "a:5432 clock: warning", /3\.0 s behind .*NTP/],
  [{ ...HEALTHY, connections: { used: 90, allowed: 97 } }, "a:5432 connections: failed", /max_connections/],
  [{ ...HEALTHY, connections: { used: 70, allowed: 97 } }, "a:5432 connections: warning", /pool\.max/],
  [{ ...HEALTHY, disk: { freeBytes: 4e9, totalBytes: 100e9 } }, "a:5432 disk: failed", /add space/],
  [{ ...HEALTHY, disk: { freeBytes: 12e9, totalBytes: 100e9 } }, "a:5432 disk: warning", /add space/],
  [{ ...HEALTHY, idleSlotBytes: 3e9 }, "a:5432 replication slots: warning", /pg_drop_replication_slot/],
  [
    { ...HEALTHY, missingStandbys: ["west"] },
    "a:5432 standby: warning",
    /slot west .*pg_drop_replication_slot/,
  ],
  [{ error: "connect ECONNREFUSED" }, "a:5432: failed", /start it, or repair the network/],
  [{ error: "permission denied: run it", saysWhatToDo: true }, "a:5432: failed", /: run it$/],
  [{ ...HEALTHY, ...server({ pgvector: undefined }) }, "a:5432 pgvector: failed", /install pgvector/],
  [{ ...HEALTHY, ...server({ citus: undefined }) }, "a:5432 Citus: failed", /CREATE EXTENSION citus/],
  [{ ...HEALTHY, seesStatistics: false }, "a:5432 rights: warning", /GRANT pg_read_all_stats/],
  [shard({ indexes: 0 }), "a:5432 indexes: failed", /c_1_102008: no HNSW index/],
  [shard({ valid: false }), "a:5432 indexes: failed", /REINDEX INDEX CONCURRENTLY/],
  [shard({ indexScans: 0 }), "a:5432 indexes: warning", /without the HNSW index/],
  [{ ...HEALTHY, ...server({ fsync: false }) }, "a:5432 fsync: failed", /set it to on/],
  [{ ...HEALTHY, ...server({ autovacuum: false }) }, "a:5432 autovacuum: failed", /set it to on/],
])("reports %j, and how to repair it", (change, finding, repair) => {
  const facts = citus(change);
  expect(findings(facts)).toEqual([finding]);
  expect(checkCluster(facts).find(({ verdict }) => verdict !== "ok")?.detail).toMatch(repair);
});

it("accepts few rows without index scans, and a clock that was read slowly", () => {
  expect(findings(citus(shard({ rows: 500, indexScans: 0 })))).toEqual([]);
  expect(findings(citus({ ...HEALTHY, clock: { aheadMs: 3_000, errorMs: 2_500 } }))).toEqual([]);
});

it("reports a pool that could take all connections of a server before it does", () => {
  expect(findings({ ...citus(HEALTHY), poolMax: 90 })).toEqual(["a:5432 connections: warning"]);
});

it("reports an etcd of an untested version", () => {
  expect(findings({ ...citus({}), etcd: { version: "3.3.9" } })).toEqual(["etcd: warning"]);
});

it("ends orrery doctor with 4 only when a check failed", async () => {
  const healthy = await runCli(["doctor", "-o", "json"], {
    local: { inspect: async () => citus(server({ pgvector: "0.8.0" })) },
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
  // What to do is at the end.
  expect(broken.stdout).toContain("address or login that Orrery reaches it by");
});

it("warns of a setting that has no effect on what there is", () => {
  const facts = { ...citus({}), unusedSettings: [{ setting: "collection.defaultDimension", why: "is 768" }] };
  expect(findings(facts)).toEqual(["collection.defaultDimension: warning"]);
});

it("fails a node that plans searches otherwise than meant, naming collection, shard, search and plan", () => {
  const one = { collection: "docs", table: "c_7_102008", template: "ann of 10 rows", plan: "Seq Scan" };
  const about = (misplanned: NodeFacts["misplanned"]) =>
    checkCluster(citus({ ...(misplanned && { misplanned }) })).filter(({ what }) => what === "a:5432 plans");
  expect(about([one, one])).toMatchObject([{ verdict: "failed" }]);
  expect(about([one, one])[0]?.detail).toContain(
    "collection docs are not planned as they are meant (c_7_102008: ann of 10 rows by Seq Scan and 1 more)",
  );
  expect(about([])).toMatchObject([{ verdict: "ok" }]);
  expect(about(undefined)).toEqual([]);
});

it("asks no vector index of collections that have none", () => {
  const shard = {
    table: "c_7_102008",
    rows: 100_000,
    indexes: 0,
    valid: true,
    indexBytes: 0,
    indexScans: 0,
    sequentialScans: 99,
  };
  expect(findings(citus({ shards: [shard] }))).toEqual(["a:5432 indexes: failed"]);
  expect(findings(citus({ shards: [{ ...shard, unindexed: true }] }))).toEqual([]);
});
