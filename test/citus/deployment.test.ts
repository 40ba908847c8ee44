/** What docker-compose.cluster.yml sets up, step by step, with the shipped scripts, settings and secrets. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { composeService } from "../support/compose.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type DeployedCluster, startDeployedCluster } from "../support/deployed-cluster.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

let cluster: DeployedCluster;
let etcd: EtcdServer;
let env: Record<string, string>;
const coordinators: TestCoordinator[] = [];

/** The environment of a service of the compose file, with the addresses and secrets of this machine. */
function environmentOf(service: string): Record<string, string> {
  const [coordinator] = cluster.nodes;
  for (const name of ["citus_url", "citus_admin_url"]) {
    const file = join(cluster.secrets, name);
    const url = readFileSync(file, "utf8").replace(
      "citus-coordinator:5432",
      `127.0.0.1:${coordinator?.port}`,
    );
    writeFileSync(file, url);
  }
  const { environment = {} } = composeService(service);
  const here = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace("/run/secrets", cluster.secrets).replace("http://etcd:2379", String(etcd.endpoints[0])),
  ]);
  return { ...Object.fromEntries(here), ORRERY_RPC_LISTEN: "127.0.0.1:0", ORRERY_HTTP_LISTEN: "127.0.0.1:0" };
}

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startDeployedCluster(2), startEtcd()]);
  await cluster.registerNodes();
  env = environmentOf("orrery-1");
  await runMigrate(environmentOf("migrate"));
  coordinators.push(await startTestCoordinator(env), await startTestCoordinator(environmentOf("orrery-2")));
});

afterAll(async () => {
  await Promise.all(coordinators.map((coordinator) => coordinator.stop()));
  await cluster?.stop();
  await etcd?.stop();
});

const records = Array.from({ length: 50 }, (_, index) => ({
  namespace: `tenant ${index % 10}`,
  key: `key ${index}`,
  value: String(index),
  vector: toVector(Array.from({ length: 384 }, (_, at) => Math.sin(index + at))),
}));

async function finds(coordinator: TestCoordinator): Promise<number> {
  const { vector } = coordinator.client;
  const { hits, completeness } = await vector.search({
    allNamespaces: true,
    vector: records[0]?.vector,
    topK: 50,
  });
  expect(completeness?.complete).toBe(true);
  return hits.length;
}

describe("the deployed cluster", () => {
  it("the deployed cluster takes writes through one coordinator and returns them through the other", async () => {
    const [first, second] = coordinators as [TestCoordinator, TestCoordinator];
    await first.client.vector.upsert({ records });
    expect(await finds(second)).toBe(50);
  });

  it("the deployed cluster passes the doctor's checks of versions and settings", async () => {
    const checks = checkCluster(await inspectCluster(loadConfig({ env }), silentLogger));
    // The test servers run without durability.
    const failed = checks.filter(({ what, verdict }) => verdict === "failed" && !what.endsWith(" fsync"));
    expect(failed).toEqual([]);
    expect(
      checks.filter(({ what, verdict }) => /wal_level|output_plugin/.test(what) && verdict !== "ok"),
    ).toEqual([]);
  });

  it("the deployed cluster moves and splits shards without blocking writes, its nodes logging in to each other", async () => {
    const [node] = cluster.nodes;
    const [shard] =
      (await node?.sql(
        `SELECT shardid, nodename, nodeport FROM citus_shards
WHERE table_name = 'memory_entries'::regclass AND nodeport = $1 ORDER BY shardid LIMIT 1`,
        [cluster.nodes[1]?.port],
      )) ?? [];
    const target = cluster.nodes[2]?.port;
    await node?.sql("SELECT citus_move_shard_placement($1, $2, $3, $2, $4, 'force_logical')", [
      shard?.shardid,
      shard?.nodename,
      shard?.nodeport,
      target,
    ]);
    await node?.sql(
      `SELECT citus_split_shard_by_split_points(shardid,
  ARRAY[((shardminvalue::bigint + shardmaxvalue::bigint) / 2)::text],
  (SELECT ARRAY[nodeid, nodeid] FROM pg_dist_node WHERE nodeport = $2), 'force_logical')
FROM pg_dist_shard WHERE shardid = $1`,
      [shard?.shardid, target],
    );
    for (const coordinator of coordinators) expect(await finds(coordinator)).toBe(50);
  });

  it("the deployed cluster exports shards, nodes and replication to Prometheus with the rights of its logins", async () => {
    const leader = async () => {
      const pages = await Promise.all(coordinators.map(({ http }) => http("/metrics")));
      return pages.map(({ body }) => body).find((body) => body.includes("\norrery_leader 1\n"));
    };
    for (const collector of ["balance", "replication", "nodes", "operations"]) {
      const succeeded = new RegExp(
        `^orrery_collector_runs_total\\{collector="${collector}",result="ok"\\} [1-9]`,
        "m",
      );
      await waitFor(async () => succeeded.test((await leader()) ?? ""), { what: `a look of ${collector}` });
    }
    expect(await leader()).not.toMatch(/^orrery_collector_runs_total\{.*result="(failed|timeout)"\} [1-9]/m);
    expect(await leader()).toMatch(/^orrery_node_disk_free_bytes\{.*\} [1-9]/m);
  });

  it("the vector index of a shard can be rebuilt as the runbook says", async () => {
    const [, , worker] = cluster.nodes;
    const [table] =
      (await worker?.sql(
        "SELECT oid::regclass::text AS name FROM pg_class WHERE relname ~ '^memory_entries_[0-9]+$' ORDER BY oid LIMIT 1",
      )) ?? [];
    const [index] =
      (await worker?.sql(
        "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indrelid = $1::regclass AND indexrelid::regclass::text LIKE '%hnsw%'",
        [table?.name],
      )) ?? [];
    const file = async () =>
      (await worker?.sql("SELECT pg_relation_filenode($1::regclass) AS node", [index?.name]))?.[0]?.node;
    const before = await file();
    await worker?.sql(`REINDEX INDEX CONCURRENTLY ${index?.name}`);
    expect(await file()).not.toBe(before);
  });

  it("the service and the monitor can log in on every node, each with its own password only", async () => {
    for (const { port, database } of cluster.nodes) {
      const login = async (user: string, password: string) => {
        const client = new pg.Client({ host: "127.0.0.1", port, database, user, password });
        await client.connect();
        const { rows } = await client.query("SELECT pg_has_role('pg_monitor', 'MEMBER') AS monitor");
        // This asks every other node too.
        if (user === "orrery") await client.query("SELECT count(*) FROM memory_entries");
        await client.end();
        return rows[0]?.monitor;
      };
      const secret = (name: string) => readFileSync(join(cluster.secrets, name), "utf8");
      expect(await login("orrery_monitor", secret("orrery_monitor_password"))).toBe(true);
      expect(await login("orrery", secret("orrery_password"))).toBeTypeOf("boolean");
      await expect(login("orrery", secret("postgres_password"))).rejects.toThrow("authentication failed");
    }
  });

  it("registering the nodes again does no harm and takes over a changed password", async () => {
    const [, second] = coordinators as [TestCoordinator, TestCoordinator];
    writeFileSync(join(cluster.secrets, "orrery_monitor_password"), "with: a colon, a \\ and a 'quote'");
    expect(await cluster.registerNodes()).toContain("logins orrery and orrery_monitor");
    const { port, database } = cluster.nodes[1] ?? { port: 0, database: "" };
    const password = readFileSync(join(cluster.secrets, "orrery_monitor_password"), "utf8");
    const client = new pg.Client({ host: "127.0.0.1", port, database, user: "orrery_monitor", password });
    await client.connect();
    await client.end();
    await waitFor(async () => (await finds(second)) === 50, { what: "an answer" });
  });
});
