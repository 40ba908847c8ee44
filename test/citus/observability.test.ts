/**
 * A real Prometheus with the shipped rules scrapes real coordinators on a real cluster under load: every
 * panel and every rule gets data, or the reason why not is given here.
 */
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { projectFile } from "../support/compose.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { metricsIn, panelsOf, readDashboards, readRules, withVariables } from "../support/dashboards.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { finished } from "../support/finished.ts";
import { BUSIEST, type Load, startLoad } from "../support/load.ts";
import { type PrometheusServer, startPrometheus } from "../support/prometheus.ts";
import { shardMoves } from "../support/shard-moves.ts";
import { type Standby, startStandby } from "../support/standby.ts";
import { waitFor } from "../support/wait-for.ts";

/** Panels and rules that may have no data on a healthy cluster, and why. */
const MAY_LACK_DATA: Readonly<Record<string, string>> = {
  Alerts: "nothing fires, and nothing is about to",
  "Misconfigured settings": "every setting suits the few records there are",
  "Index builds": "no build is running when a sample is taken: indexes of so few records build at once",
  Vacuum: "the same",
  "Duration of index builds": "the same",
  "Index growth since build": "not reported below 1,000 records in a shard",
  IndexBloat: "the same",
};

let cluster: CitusCluster;
let etcd: EtcdServer;
let standby: Standby;
let prometheus: PrometheusServer;
let load: Load;
let subscriber: pg.Client;
const coordinators: TestCoordinator[] = [];

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 2 }), startEtcd()]);
  const [worker] = cluster.workers;
  if (worker === undefined) throw new Error("no worker");
  standby = await startStandby(worker, { name: "standby", slot: "standby" });
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "8",
    ORRERY_QUERY_EXACT_MAX_ROWS: "20",
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "1000",
    ORRERY_LOG_SLOW_QUERY_MS: "1",
    ORRERY_TOPOLOGY_PUBLISH_INTERVAL_MS: "3000", // long enough for the fence to refuse a request after a move
    ORRERY_METRICS_SHARD_SAMPLE_RATE: "0.5",
    ...Object.fromEntries(
      ["BALANCE", "REPLICATION", "NODES", "OPERATIONS", "RECALL"].map((name) => [
        `ORRERY_COLLECTORS_${name}_INTERVAL_MS`,
        "1000",
      ]),
    ),
  };
  await runMigrate(env);
  coordinators.push(await startTestCoordinator(env), await startTestCoordinator(env));
  prometheus = await startPrometheus({ targets: coordinators.map(({ httpAddress }) => httpAddress) });
  subscriber = await subscribe(worker.url());
  const clients = coordinators.map(({ client }) => client);
  load = await startLoad(clients, { dimension: 8 });
  const [client] = clients;
  if (client === undefined) throw new Error("no coordinator");
  const collection = { name: "other", dimension: 3 };
  await finished({ client }, await client.collection.createCollection({ collection }));
  await shardMoves(cluster, "memory_entries", BUSIEST).move("block_writes");
  // A rate needs an earlier sample.
  await waitFor(async () => (await prometheus.query("orrery_shard_move_duration_seconds_count")).length > 0, {
    what: "durations of moves to be scraped",
  });
  await moveShard(coordinators[0]);
  await load.withPartialAnswers(cluster.workers[1]);
});

/** A replication connection to a database without a slot, as a move of a shard opens one. */
async function subscribe(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, replication: "database" } as pg.ClientConfig);
  await client.connect();
  return client;
}

/** Moves a shard through the API, as an admin would. */
async function moveShard(coordinator: TestCoordinator | undefined): Promise<void> {
  const { cluster: admin } = coordinator?.client ?? {};
  // Not the shard that was moved before, so that each worker keeps some.
  const shard = (await admin?.listShards({ collection: "memory_entries" }))?.shards[0];
  const nodes = (await admin?.listNodes({}))?.nodes ?? [];
  const target = nodes.find(({ groupId }) => groupId !== 0 && groupId !== shard?.groupId);
  const move = await admin?.moveShard({ shardId: shard?.id ?? "", targetNode: target?.name ?? "" });
  if (coordinator === undefined || move === undefined) throw new Error("no coordinator");
  expect(await finished(coordinator, move)).toMatchObject({
    state: "OPERATION_STATE_DONE",
    moves: [{ state: "MOVE_STATE_DONE" }],
  });
}

afterAll(async () => {
  await subscriber?.end();
  await load?.stop();
  await prometheus?.stop();
  await Promise.all(coordinators.map((coordinator) => coordinator.stop()));
  await standby?.stop();
  await cluster?.stop();
  await etcd?.stop();
});

/** Names of those without data so far. */
async function withoutData(
  asked: readonly { readonly name: string; readonly expr: string }[],
): Promise<readonly string[]> {
  const answers = await Promise.all(
    asked.map(async ({ name, expr }) => {
      const series = await prometheus.query(withVariables(expr));
      return series.some(({ value: [, value] }) => value !== "NaN") ? [] : [name];
    }),
  );
  return [...new Set(answers.flat())].filter((name) => MAY_LACK_DATA[name] === undefined);
}

async function expectAnswers(asked: Parameters<typeof withoutData>[0]): Promise<void> {
  expect(asked.length).toBeGreaterThan(0);
  await waitFor(async () => (await withoutData(asked)).length === 0, {
    what: "answers",
    timeoutMs: 40_000,
    intervalMs: 1_000,
  }).catch(() => {});
  expect(await withoutData(asked)).toEqual([]);
}

describe.each(Object.entries(readDashboards()))("the dashboard %s", (_, dashboard) => {
  it("every panel of a dashboard shows data", async () => {
    await expectAnswers(
      panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
        targets.map(({ expr }) => ({ name: title, expr })),
      ),
    );
  });
});

describe("the rules", () => {
  const rules = readRules();

  it("every recording rule records something", async () => {
    const recorded = rules.flatMap(({ record }) => record ?? []);
    await expectAnswers(recorded.map((record) => ({ name: record, expr: record })));
  });

  it("every alert has the series it judges, even when it does not fire", async () => {
    const judged = rules.flatMap(({ alert, expr }) =>
      alert === undefined ? [] : metricsIn(expr).map((metric) => ({ name: alert, expr: metric })),
    );
    await expectAnswers(judged);
  });

  it("every rule is evaluated without errors", async () => {
    const { groups } = await prometheus.api("rules");
    const unwell = groups.flatMap(
      ({ rules }: { rules: { name: string; health: string; lastError?: string }[] }) =>
        rules.filter(({ health }) => health !== "ok"),
    );
    expect(unwell).toEqual([]);
  });

  it("no critical alert fires on a healthy cluster", async () => {
    expect(await prometheus.query('ALERTS{alertstate="firing",severity="critical"}')).toEqual([]);
  });
});

describe("the statements of the runbooks", () => {
  const pages = readdirSync(projectFile("docs/runbooks"));
  const written = pages.flatMap((page) => {
    const text = readFileSync(projectFile("docs/runbooks", page), "utf8");
    const inText = [...text.matchAll(/`((?:SELECT|SET)\s[^`]+)`/g)].map(([, sql = ""]) => sql);
    const blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql);
    return [...inText, ...blocks].map((sql) => [page, sql.replaceAll(/\s+/g, " ").trim()] as const);
  });
  /** Statements that change something, with a placeholder of the page as their object. */
  const acts =
    /^DO |pg_terminate_backend|pg_cancel_backend|pg_drop_replication_slot|citus_update_node|pg_wal_replay_resume|REINDEX/;
  const reads = written.filter(([, sql]) => !acts.test(sql));

  it("the runbooks have statements to run", () => {
    expect(reads.map(([page]) => page)).toEqual(
      expect.arrayContaining(["high-replication-lag.md", "index-bloat.md", "operation-stuck.md"]),
    );
  });

  it.each(reads)("the statement in %s runs: %s", async (page, sql) => {
    const { host, database } = cluster.coordinator;
    const onCoordinator = /get_rebalance_progress|citus_lock_waits/.test(sql);
    const onStandby = sql.includes("pg_is_wal_replay_paused");
    const { port } = onStandby
      ? standby
      : onCoordinator
        ? cluster.coordinator
        : (cluster.workers[0] ?? standby);
    const client = new pg.Client({ host, port, database, user: "postgres" });
    await client.connect();
    const answers = [await client.query(sql)].flat() as { rows: { relname?: string }[] }[];
    await client.end();
    // Citus hides shards unless asked to show them.
    const shards = answers.at(-1)?.rows.filter(({ relname }) => /^memory_entries_\d+$/.test(relname ?? ""));
    if (page === "index-bloat.md") expect(shards).not.toEqual([]);
  });
});

it("only the leader exports the state of the nodes", async () => {
  const [leaders] = await prometheus.query("sum(orrery_leader)");
  const [speakers] = await prometheus.query("count(count by (instance) (orrery_node_reachable))");
  expect([leaders?.value[1], speakers?.value[1]]).toEqual(["1", "1"]);
});

it("a subscriber that a shard move opens is not counted as a standby", async () => {
  const standbys = await prometheus.query("max by (replica_id) (max_over_time(orrery_standby_up[10m]))");
  expect(standbys.map(({ metric }) => metric.replica_id)).toEqual(["standby"]);
});
