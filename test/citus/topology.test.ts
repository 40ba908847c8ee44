import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { knownSchema } from "../../src/engines/read-migrations.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { shardMoves } from "../support/shard-moves.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACE = "tenant";

let cluster: CitusCluster;
let etcd: EtcdServer;
let settings: Record<string, string>;
const running: TestCoordinator[] = [];

async function start(env: Readonly<Record<string, string>> = {}): Promise<TestCoordinator> {
  const coordinator = await startTestCoordinator({ ...settings, ...env });
  running.push(coordinator);
  return coordinator;
}

async function write(coordinator: TestCoordinator, key: string): Promise<void> {
  const { results } = await coordinator.client.vector.upsert({
    records: [{ namespace: NAMESPACE, key, value: key, vector: f32([1, 2, 3]) }],
  });
  expect(results.map(({ status }) => status?.code ?? 0)).toEqual([0]);
}

async function search(coordinator: TestCoordinator, deadlineMs = 10_000) {
  return coordinator.client.vector.search(
    { allNamespaces: true, vector: f32([1, 2, 3]), topK: 100 },
    { deadlineMs },
  );
}

const epochOf = async ({ client }: TestCoordinator) => Number((await client.cluster.getShardMap({})).epoch);

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 2 }), startEtcd()]);
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "2",
    // So that only a refusal leads a coordinator without etcd to a newer map.
    ORRERY_TOPOLOGY_REBUILD_INTERVAL_MS: "3600000",
  };
  expect(await runMigrate(settings)).toEqual(
    Array.from({ length: knownSchema("citus") }, (_, at) => `applied version ${at + 1}`),
  );
  expect(await runMigrate(settings)).toEqual([]);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
});

afterAll(async () => {
  await etcd?.stop();
  await cluster?.stop();
});

describe("two coordinators started at once", () => {
  it("two coordinators agree on one leader, serve the same map and see each other's writes", async () => {
    const [a, b] = await Promise.all([start(), start()]);
    await waitFor(async () => (await epochOf(a)) > 0 && (await epochOf(a)) === (await epochOf(b)), {
      what: "one epoch",
    });
    const states = await Promise.all([a, b].map(({ client }) => client.cluster.getClusterStatus({})));
    expect(states.filter(({ leader }) => leader)).toHaveLength(1);
    expect(states[0]?.coordinators).toHaveLength(2);
    await write(a, "of both");
    expect((await search(b)).hits.map(({ key }) => key)).toContain("of both");
  });

  it("both coordinators serve a new collection once it is created, even under a name that had another dimension", async () => {
    const [a, b] = await Promise.all([start(), start()]);
    for (const dimension of [4, 7]) {
      const name = "passing";
      const created = await a.client.collection.createCollection({
        collection: { name, dimension, shardCount: 2 },
      });
      await waitFor(
        async () =>
          (await a.client.operation.getOperation({ id: created.id })).state === "OPERATION_STATE_DONE",
        { what: "the collection" },
      );
      const vector = f32(Array.from({ length: dimension }, (_, i) => i + 1));
      await b.client.vector.upsert({
        collection: name,
        records: [{ namespace: "n", key: `d${dimension}`, vector }],
      });
      const { hits } = await b.client.vector.search({ collection: name, namespaces: ["n"], vector });
      expect(hits.map(({ key }) => key)).toEqual([`d${dimension}`]);
      const deleted = await a.client.collection.deleteCollection({ name });
      await waitFor(
        async () =>
          (await a.client.operation.getOperation({ id: deleted.id })).state === "OPERATION_STATE_DONE",
        { what: "the deletion" },
      );
      await expect(b.client.vector.search({ collection: name, namespaces: ["n"], vector })).rejects.toThrow(
        'collection "passing" does not exist',
      );
    }
  });

  it("a collection can be created while a shard moves", async () => {
    const a = await start();
    const moving = shardMoves(cluster, "memory_entries", NAMESPACE).move("force_logical");
    const created = await a.client.collection.createCollection({
      collection: { name: "meanwhile", dimension: 2, shardCount: 2 },
    });
    await moving;
    await waitFor(
      async () =>
        (await a.client.operation.getOperation({ id: created.id })).state === "OPERATION_STATE_DONE",
      { what: "the collection", timeoutMs: 30_000 },
    );
    await a.client.vector.upsert({
      collection: "meanwhile",
      records: [{ namespace: "n", key: "k", vector: f32([1, 2]) }],
    });
    expect((await a.client.vector.count({ collection: "meanwhile", allNamespaces: true })).count).toBe("1");
  });
});

describe("a coordinator cut off from etcd", () => {
  it("a coordinator cut off from etcd still answers correctly two moves and a split later", async () => {
    const [host = "", port = ""] = new URL(etcd.endpoints[0] ?? "").host.split(":");
    const proxy = await startTcpProxy({ target: { host, port: Number(port) } });
    try {
      const [whole, cut] = [
        await start(),
        await start({ ORRERY_ETCD_ENDPOINTS: `http://${proxy.host}:${proxy.port}` }),
      ];
      await write(whole, "before");
      await waitFor(async () => (await epochOf(cut)) > 0, { what: "the map" });
      await proxy.cut();
      const moves = shardMoves(cluster, "memory_entries", NAMESPACE);
      await moves.move("block_writes");
      await moves.move("block_writes");
      await moves.split();
      await write(whole, "after");
      const expected = (await search(whole)).hits.map(({ key }) => key);
      expect(expected).toEqual(expect.arrayContaining(["before", "after"]));
      expect((await search(cut)).hits.map(({ key }) => key)).toEqual(expected);
      await write(cut, "by the one cut off");
      expect((await search(whole)).hits.map(({ key }) => key)).toContain("by the one cut off");
    } finally {
      await Promise.all(running.splice(0).map((coordinator) => coordinator.stop()));
      await proxy.close();
    }
  });
});

describe("an outage of etcd", () => {
  it("without etcd, requests go on, a coordinator can start, and a split made meanwhile is found", async () => {
    const old = await start();
    await waitFor(async () => (await epochOf(old)) > 0, { what: "the map" });
    await etcd.stop();
    try {
      await write(old, "etcd is down");
      await shardMoves(cluster, "memory_entries", NAMESPACE).split();
      await write(old, "after the split");
      const fresh = await start();
      await write(fresh, "by the new one");
      const keys = (await search(old)).hits.map(({ key }) => key);
      expect(keys).toEqual(expect.arrayContaining(["etcd is down", "after the split", "by the new one"]));
      expect((await search(fresh)).hits.map(({ key }) => key)).toEqual(keys);
      expect(await fresh.http("/readyz")).toMatchObject({ status: 200 });
    } finally {
      await etcd.restart();
    }
  });

  it("wiping the data of etcd loses nothing, and the epoch goes on", async () => {
    const coordinator = await start();
    await waitFor(async () => (await epochOf(coordinator)) > 0, { what: "the map" });
    await write(coordinator, "before the wipe");
    const before = await epochOf(coordinator);
    await etcd.wipe();
    await shardMoves(cluster, "memory_entries", NAMESPACE).move("block_writes");
    await waitFor(async () => (await epochOf(coordinator)) > before, {
      what: "a new epoch",
      timeoutMs: 60_000,
    });
    expect((await search(coordinator)).hits.map(({ key }) => key)).toContain("before the wipe");
  });
});

describe("the leader", () => {
  it("the leader runs ANALYZE on a shard that a move left without statistics", async () => {
    const coordinator = await start({ ORRERY_TOPOLOGY_CHECK_INTERVAL_MS: "500" });
    await write(coordinator, "to be counted");
    await cluster.sql("ANALYZE memory_entries");
    const moves = shardMoves(cluster, "memory_entries", NAMESPACE);
    await moves.move("block_writes");
    const { shard, source } = await moves.placement();
    const owner = cluster.nodes.find(({ name }) => name === source);
    const analysed = async () => {
      const rows = await owner?.server.sql(
        "SELECT pg_stat_get_last_analyze_time(to_regclass($1)) IS NOT NULL AS analysed",
        [`public.memory_entries_${shard}`],
      );
      return rows?.[0]?.analysed === true;
    };
    await waitFor(analysed, { what: "the shard to be analysed", timeoutMs: 60_000 });
  });
});
