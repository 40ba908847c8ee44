import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const SHARDS = 6;
const RECORDS = 2_400;
const DIMENSION = 8;

let cluster: CitusCluster;
let etcd: EtcdServer;
/** Two coordinators of one cluster, each with its own connection to etcd. */
let coordinators: readonly { readonly wire: TcpProxy; readonly coordinator: TestCoordinator }[] = [];

/** The coordinator that leads now, and the other one. */
async function leading() {
  return waitFor(
    async () => {
      for (const [at, { coordinator, wire }] of coordinators.entries()) {
        const other = coordinators[1 - at]?.coordinator;
        if (other !== undefined && (await coordinator.series()).get("orrery_leader") === 1)
          return { coordinator, wire, other };
      }
      return undefined;
    },
    { what: "one of them to lead" },
  );
}

/** The bloat of the one shard that is large enough to be judged. */
const bloat = (series: ReadonlyMap<string, number>) =>
  startsWith(series, "orrery_shard_index_bloat_ratio")[0]?.[1];

const scrapeLeader = async () => (await leading()).coordinator.series();

const startsWith = (series: ReadonlyMap<string, number>, prefix: string) =>
  [...series].filter(([name]) => name.startsWith(prefix));
const sum = (samples: readonly (readonly [string, number])[]) => samples.reduce((all, [, v]) => all + v, 0);
const runs = (series: ReadonlyMap<string, number>, collector: string, result: string) =>
  series.get(`orrery_collector_runs_total{collector="${collector}",result="${result}"}`) ?? 0;

const VECTOR = toVector(vectorOf(0));

function vectorOf(n: number): readonly number[] {
  return Array.from({ length: DIMENSION }, (_, at) => Math.sin((n + 1) * (at + 1)));
}

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 2 }), startEtcd()]);
  const settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("service"),
    ORRERY_CITUS_ADMIN_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: String(DIMENSION),
    ORRERY_COLLECTION_SHARDS: String(SHARDS),
    ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "5",
    ORRERY_COLLECTORS_BALANCE_INTERVAL_MS: "200",
    ORRERY_COLLECTORS_NODES_INTERVAL_MS: "200",
    ORRERY_COLLECTORS_REPLICATION_INTERVAL_MS: "200",
    ORRERY_COLLECTORS_RECALL_INTERVAL_MS: "300",
    ORRERY_COLLECTORS_NODE_TIMEOUT_MS: "2000",
  };
  await runMigrate(settings);
  // The only rights that collecting needs.
  await cluster.sql("CREATE ROLE service LOGIN IN ROLE orrery_service");
  await cluster.sql("GRANT pg_read_all_stats TO service");
  coordinators = await Promise.all(
    [1, 2].map(async () => {
      const wire = await startTcpProxy({ target: etcd });
      const ORRERY_ETCD_ENDPOINTS = `http://${wire.host}:${wire.port}`;
      return { wire, coordinator: await startTestCoordinator({ ...settings, ORRERY_ETCD_ENDPOINTS }) };
    }),
  );
  const { coordinator } = await leading();
  const records = Array.from({ length: RECORDS }, (_, n) => ({
    namespace: `tenant-${n % 40}`,
    key: `k${n}`,
    value: "v",
    vector: toVector(vectorOf(n)),
  }));
  for (let from = 0; from < RECORDS; from += 400) {
    const batch = records.slice(from, from + 400);
    await coordinator.client.vector.upsert({ records: batch }, { deadlineMs: 60_000 });
  }
});

afterAll(async () => {
  await Promise.all(coordinators.map(({ coordinator }) => coordinator.stop()));
  await Promise.all(coordinators.map(({ wire }) => wire.close()));
  await etcd?.stop();
  await cluster?.stop();
});

describe("the leader's collectors", () => {
  it("the leader reports where the shards are, how large they are and how uneven the nodes are", async () => {
    const series = await waitFor(
      async () => {
        // PostgreSQL counts rows twice that are written during ANALYZE; the next run corrects it.
        await cluster.sql("ANALYZE memory_entries");
        const seen = await scrapeLeader();
        return sum(startsWith(seen, "shard_row_count")) === RECORDS && seen;
      },
      { what: "all rows to be counted", intervalMs: 500 },
    );
    expect(startsWith(series, "shard_size_bytes")).toHaveLength(SHARDS);
    expect(startsWith(series, "orrery_shard_info")).toHaveLength(SHARDS);
    const [size] = await cluster.sql(
      "SELECT sum(shard_size)::int8 AS bytes FROM citus_shards WHERE table_name = 'memory_entries'::regclass",
    );
    // The visibility map and the free space map come and go.
    expect(sum(startsWith(series, "shard_size_bytes")) / Number(size?.bytes)).toBeCloseTo(1, 1);
    const nodes = startsWith(series, "orrery_node_size_bytes");
    expect(nodes).toHaveLength(2);
    const [larger = 0, smaller = 0] = nodes.map(([, bytes]) => bytes).toSorted((a, b) => b - a);
    expect(series.get('orrery_imbalance_ratio{by="bytes"}')).toBeCloseTo(
      larger / ((larger + smaller) / 2) - 1,
      5,
    );
    expect(sum(startsWith(series, "orrery_shard_index_bytes"))).toBeGreaterThan(RECORDS * DIMENSION * 4);
  });

  it("the leader reports what every server says of itself, with only the documented rights", async () => {
    const series = await waitFor(
      async () => {
        const seen = await scrapeLeader();
        return startsWith(seen, "orrery_node_reachable").length === 3 && seen;
      },
      { what: "all servers to be seen" },
    );
    for (const worker of cluster.workers) {
      const [role] = await worker.sql(
        "SELECT pg_has_role('service', 'pg_read_all_stats', 'usage') AS granted",
      );
      expect(role?.granted).toBe(true);
    }
    expect(sum(startsWith(series, "orrery_node_reachable"))).toBe(3);
    expect(startsWith(series, "orrery_node_role").every(([name]) => name.includes('role="primary"'))).toBe(
      true,
    );
    const free = startsWith(series, "orrery_node_disk_free_bytes");
    expect(free).toHaveLength(3);
    for (const [name, bytes] of free) {
      expect(bytes).toBeGreaterThan(0);
      expect(bytes).toBeLessThan(series.get(name.replace("free", "total")) ?? 0);
    }
    for (const [name, used] of startsWith(series, "orrery_node_connections{")) {
      expect(used).toBeGreaterThan(0);
      expect(used).toBeLessThan(series.get(name.replace("connections", "connections_max")) ?? 0);
    }
    expect(sum(startsWith(series, "orrery_node_blocks_total"))).toBeGreaterThan(0);
    for (const collector of ["balance", "replication", "nodes", "operations"]) {
      expect(runs(series, collector, "ok")).toBeGreaterThan(0);
      expect(runs(series, collector, "failed")).toBe(0);
    }
  });

  it("the leader reports index recall and which kinds of scan the searches use", async () => {
    const series = await waitFor(
      async () => {
        const seen = await scrapeLeader();
        return seen.has('orrery_recall_estimate{table_name="memory_entries"}') && seen;
      },
      { what: "an estimate of recall" },
    );
    expect(series.get('orrery_recall_estimate{table_name="memory_entries"}')).toBeGreaterThan(0.8);
    const scans = (seen: ReadonlyMap<string, number>) =>
      sum(startsWith(seen, "orrery_node_index_scans_total").filter(([name]) => name.includes('"btree"')));
    const before = scans(series);
    await (await leading()).coordinator.client.vector.get({
      records: [{ namespace: "tenant-7", key: "k7" }],
    });
    await waitFor(async () => scans(await scrapeLeader()) > before, {
      what: "a look-up by the primary key to be counted",
    });
  });

  it("the leader reports how much an index has grown per row since it was built", async () => {
    const { client } = (await leading()).coordinator;
    const record = (n: number) => ({ namespace: "shrunk", key: `k${n}`, vector: toVector(vectorOf(n)) });
    const records = Array.from({ length: 1_500 }, (_, n) => record(n));
    for (let from = 0; from < records.length; from += 500)
      await client.vector.upsert({ records: records.slice(from, from + 500) }, { deadlineMs: 60_000 });
    await waitFor(async () => bloat(await scrapeLeader()) !== undefined, { what: "a shard large enough" });
    // Not exactly 1 when a sample came while the index was being filled and found a little less per row.
    await waitFor(async () => (bloat(await scrapeLeader()) ?? 2) < 1.1, { what: "the index to be as built" });
    await client.vector.delete({ records: records.slice(0, 900) }, { deadlineMs: 60_000 });
    await waitFor(async () => (bloat(await scrapeLeader()) ?? 0) > 1.5, { what: "the index to be bloated" });
    await buildAnother(await largestShard());
  });

  async function largestShard(): Promise<string> {
    const [row] = await cluster.sql(
      "SELECT shard_name FROM citus_shards WHERE table_name = 'memory_entries'::regclass ORDER BY shard_size DESC LIMIT 1",
    );
    return String(row?.shard_name);
  }

  /**
   * Builds a second index like the one REINDEX CONCURRENTLY leaves beside the old one until it is ready: it
   * must neither count towards the size nor become the new baseline.
   */
  async function buildAnother(shard: string): Promise<void> {
    const samples = async () => runs(await scrapeLeader(), "balance", "ok");
    for (const worker of cluster.workers) {
      const [here] = await worker.sql("SELECT to_regclass($1) IS NOT NULL AS here", [`public.${shard}`]);
      if (here?.here !== true) continue;
      await worker.sql(`SET citus.enable_ddl_propagation TO off;
CREATE INDEX unready ON ${shard} USING hnsw (embedding vector_cosine_ops);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'unready'::regclass`);
      const seen = await samples();
      await waitFor(async () => (await samples()) > seen + 2, { what: "two more samples" });
      expect(bloat(await scrapeLeader())).toBeGreaterThan(1.5);
      await worker.sql("SET citus.enable_ddl_propagation TO off; DROP INDEX unready");
    }
  }

  it("the leader reports index builds while they run and how long they took", async () => {
    const built = (seen: ReadonlyMap<string, number>, what: string) =>
      seen.get(`hnsw_index_build_duration_seconds_${what}`) ?? 0;
    const [worker] = cluster.workers;
    const { coordinator } = await leading();
    await worker?.sql(`SET citus.enable_ddl_propagation TO off;
CREATE TABLE built AS SELECT (SELECT array_agg(sin(i * 37.1 + j * j * 1.3)) FROM generate_series(1, 64) j)::vector(64) AS v
FROM generate_series(1, 6000) i`);
    const before = await coordinator.series();
    const startedMs = performance.now();
    let tookMs = 0;
    const build = worker
      ?.sql("CREATE INDEX ON built USING hnsw (v vector_cosine_ops) WITH (ef_construction = 200)")
      .then(() => {
        tookMs = performance.now() - startedMs;
      });
    await waitFor(
      async () =>
        startsWith(await coordinator.series(), "orrery_index_build_progress_ratio").some(([name]) =>
          name.includes('relation="built"'),
        ),
      { what: "the build to be seen", intervalMs: 50 },
    );
    await build;
    const after = await waitFor(
      async () => {
        const seen = await coordinator.series();
        return built(seen, "count") > built(before, "count") && seen;
      },
      { what: "the build to be over" },
    );
    expect(built(after, "count")).toBe(built(before, "count") + 1);
    const seconds = built(after, "sum") - built(before, "sum");
    expect(seconds).toBeLessThan(tookMs / 1000);
    // It is seen between two samples, which a busy machine takes late.
    expect(seconds).toBeGreaterThan(Math.min(tookMs / 1000 - 1.5, tookMs / 2000));
    await worker?.sql("SET citus.enable_ddl_propagation TO off; DROP TABLE built");
  });

  it("row counts do not shrink when a server loses its statistics", async () => {
    const series = await scrapeLeader();
    const [name = ""] = startsWith(series, "shard_row_count").reduce((a, b) => (a[1] > b[1] ? a : b));
    const table = `memory_entries_${/shard_id="(\d+)"/.exec(name)?.[1]}`;
    const samples = async () => runs(await scrapeLeader(), "balance", "ok");
    for (const worker of cluster.workers) {
      // As a crash or a promotion does.
      const [here] = await worker.sql("SELECT to_regclass($1) IS NOT NULL AS here", [`public.${table}`]);
      if (here?.here !== true) continue;
      await worker.sql(`SET citus.enable_ddl_propagation TO off; ANALYZE ${table}`);
      const [before] = await worker.sql(`SELECT count(*) AS rows FROM ${table}`);
      const { client } = (await leading()).coordinator;
      let written = 0;
      // Sessions report what they did up to ten seconds later, so once may not be enough.
      const countsAnew = async () => {
        written += 1;
        await client.vector.upsert({
          records: [{ namespace: "shrunk", key: `new ${written}`, vector: VECTOR }],
        });
        const [row] = await worker.sql("SELECT pg_stat_get_live_tuples($1::regclass)::int AS rows", [table]);
        const counted = Number(row?.rows);
        if (counted >= Number(before?.rows) / 2) await worker.sql("SELECT pg_stat_reset()");
        return counted > 0 && counted < Number(before?.rows) / 2;
      };
      await waitFor(countsAnew, { what: "PostgreSQL to count anew", intervalMs: 100 });
      const seen = await samples();
      await waitFor(async () => (await samples()) > seen + 2, { what: "two more samples" });
      expect((await scrapeLeader()).get(name)).toBeGreaterThanOrEqual(Number(before?.rows));
    }
  });

  it("only the leader exports the cluster's metrics", async () => {
    const { other: follower } = await leading();
    const other = await follower.series();
    expect(other.get("orrery_leader")).toBe(0);
    expect(startsWith(other, "shard_size_bytes")).toEqual([]);
    expect(startsWith(other, "orrery_node_reachable")).toEqual([]);
    expect(startsWith(other, "orrery_collector_age_seconds")).toEqual([]);
  });
});

describe("orrery doctor", () => {
  it("the doctor checks every server of a real cluster and reports what it finds", async () => {
    const config = loadConfig({
      env: {
        ORRERY_ENGINE: "citus",
        ORRERY_CITUS_URL: cluster.coordinator.url("service"),
        ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
      },
    });
    const checks = checkCluster(await inspectCluster(config, silentLogger));
    const reported = (verdict: string) => checks.filter((check) => check.verdict === verdict);
    // The test servers run without durability on purpose.
    expect(reported("failed").map(({ what }) => what.split(" ")[1])).toEqual(["fsync", "fsync", "fsync"]);
    const details = new Map(checks.map(({ what, detail }) => [what, detail]));
    expect(details.get("clocks")).toMatch(/within a second/);
    expect(details.get("etcd")).toMatch(/^3\.\d/);
    const indexes = [...details].filter(([what]) => what.endsWith(" indexes"));
    expect(indexes).toHaveLength(2);
    for (const [, detail] of indexes) expect(detail).toMatch(/of \d+ shards valid/);
    expect([...details.keys()].filter((what) => what.endsWith(" disk"))).toHaveLength(3);
    expect(details.get("parameters")).toMatch(/suit/);
  });

  it("the doctor reports a node that is disabled in Citus", async () => {
    const [worker] = cluster.workers;
    await cluster.sql("SELECT citus_add_inactive_node('127.0.0.1', 1)");
    const env = { ORRERY_ENGINE: "citus", ORRERY_CITUS_URL: cluster.coordinator.url("service") };
    const checks = checkCluster(await inspectCluster(loadConfig({ env }), silentLogger));
    await cluster.sql("SELECT citus_remove_node('127.0.0.1', 1)");
    expect(checks.filter(({ what }) => /^127\.0\.0\.1:1( |$)/.test(what))).toMatchObject([
      { what: "127.0.0.1:1", verdict: "warning", detail: expect.stringContaining("citus_activate_node") },
    ]);
    expect(checks.some(({ what }) => what.startsWith(`${worker?.host}:${worker?.port} PostgreSQL`))).toBe(
      true,
    );
  });

  it("the doctor reports settings that do not suit the data the servers hold", async () => {
    const config = loadConfig({
      env: {
        ORRERY_ENGINE: "citus",
        ORRERY_CITUS_URL: cluster.coordinator.url("service"),
        ORRERY_POOL_WORK_MEM: "64kB",
      },
    });
    await cluster.sql("ANALYZE memory_entries");
    const reported = checkCluster(await inspectCluster(config, silentLogger)).filter(({ what }) =>
      what.endsWith(" work_mem"),
    );
    expect(reported).toHaveLength(2);
    for (const { verdict, detail } of reported) {
      expect(verdict).toBe("warning");
      expect(detail).toMatch(/^64kB x hnsw.scan_mem_multiplier 1, advised \d{2,3}kB: /);
    }
  });
});

describe("a collector whose query hangs", () => {
  it("a collector whose query hangs is reported and delays no search, scrape or other collector", async () => {
    const [worker] = cluster.workers;
    const [locked] = await cluster.sql(
      `SELECT shard_name FROM citus_shards WHERE table_name = 'memory_entries'::regclass AND nodeport = $1 LIMIT 1`,
      [worker?.port],
    );
    const holder = new pg.Client({ connectionString: worker?.adminUrl });
    await holder.connect();
    const before = await scrapeLeader();
    try {
      // The lock that DROP, TRUNCATE and VACUUM FULL hold; the size of the table cannot be read meanwhile.
      await holder.query("BEGIN");
      await holder.query("SET LOCAL citus.enable_ddl_propagation TO off");
      await holder.query(`LOCK TABLE ONLY ${locked?.shard_name} IN ACCESS EXCLUSIVE MODE`);
      const during = await waitFor(
        async () => {
          const seen = await scrapeLeader();
          return runs(seen, "balance", "timeout") >= runs(before, "balance", "timeout") + 2 && seen;
        },
        { what: "two samples that timed out" },
      );
      expect(startsWith(during, "shard_size_bytes")).toHaveLength(SHARDS);
      const age = (collector: string, node = worker) =>
        during.get(
          `orrery_collector_node_age_seconds{collector="${collector}",node="${node?.host}:${node?.port}"}`,
        );
      // The collector's own age does not show this.
      const hungSeconds = age("balance") ?? 0;
      expect(hungSeconds).toBeGreaterThan(3);
      expect(during.get('orrery_collector_age_seconds{collector="balance"}')).toBeLessThan(hungSeconds);
      expect(age("balance", cluster.workers[1])).toBeLessThan(hungSeconds);
      expect(age("replication")).toBeLessThan(hungSeconds);
      const [unlocked] = await cluster.sql(
        `SELECT shardid::int FROM citus_shards WHERE table_name = 'memory_entries'::regclass AND nodeport <> $1 LIMIT 1`,
        [worker?.port],
      );
      expect(unlocked?.shardid).toBeGreaterThan(0);
      const scrapesMs: number[] = [];
      for (let scrape = 0; scrape < 5; scrape += 1) {
        const scrapedMs = performance.now();
        await scrapeLeader();
        scrapesMs.push(performance.now() - scrapedMs);
      }
      // One that waited for the collector would always take a sample's time.
      expect(Math.min(...scrapesMs)).toBeLessThan(1_000);
      const replication = runs(during, "replication", "ok");
      await waitFor(async () => runs(await scrapeLeader(), "replication", "ok") > replication + 2, {
        what: "other collectors to go on",
      });
      const { hits } = await (await leading()).coordinator.client.vector.search(
        { allNamespaces: true, vector: toVector(vectorOf(7)), topK: 5, allowPartial: true },
        { deadlineMs: 2_000 },
      );
      expect(hits.length).toBeGreaterThan(0);
    } finally {
      await holder.query("ROLLBACK");
      await holder.end();
    }
    const timeouts = runs(await scrapeLeader(), "balance", "timeout");
    await waitFor(
      async () => {
        const seen = await scrapeLeader();
        const age = seen.get('orrery_collector_age_seconds{collector="balance"}') ?? 99;
        return runs(seen, "balance", "timeout") <= timeouts + 1 && age < 1;
      },
      { what: "samples to be complete again" },
    );
  });
});

describe("the end of a leader term", () => {
  it("a leader that loses its term stops exporting the cluster's metrics, and the next leader starts", async () => {
    const { coordinator: first, wire, other: second } = await leading();
    await waitFor(async () => startsWith(await first.series(), "shard_size_bytes").length === SHARDS, {
      what: "the leader to see the shards",
    });
    wire.pause();
    try {
      await waitFor(async () => (await second.series()).get("orrery_leader") === 1, {
        what: "another leader",
      });
      const left = await waitFor(
        async () => {
          const seen = await first.series();
          return seen.get("orrery_leader") === 0 && seen;
        },
        { what: "the first to know that it leads no more" },
      );
      for (const prefix of [
        "shard_size_bytes",
        "orrery_node_reachable",
        "orrery_imbalance",
        "orrery_operations",
      ])
        expect(startsWith(left, prefix)).toEqual([]);
      await waitFor(async () => startsWith(await second.series(), "shard_size_bytes").length === SHARDS, {
        what: "the new leader to see the shards",
      });
      // It never saw the index when it was new, but the previous leader did.
      expect(bloat(await second.series())).toBeGreaterThan(1.5);
    } finally {
      wire.resume();
    }
  });
});
