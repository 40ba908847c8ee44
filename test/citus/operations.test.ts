import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Logger } from "../../src/lib/logger.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { failure } from "../support/failure.ts";
import { finished } from "../support/finished.ts";
import { expectNothingLeft } from "../support/leftovers.ts";
import { startOtherPostgres } from "../support/other-postgres.ts";
import { placementOf, placementOfShard, shardOfSeveral } from "../support/placements.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { waitFor } from "../support/wait-for.ts";

let cluster: CitusCluster;
let etcd: EtcdServer;
let coordinator: TestCoordinator;
let settings: Record<string, string>;
/** Errors that the coordinator logged. */
const logged: string[] = [];

const NAMESPACES = Array.from({ length: 8 }, (_, i) => `ns${i}`);
const client = () => coordinator.client;
const nodeName = (index: number) => cluster.nodes[index]?.name ?? "";
const shards = async () => (await client().cluster.listShards({})).shards;
const ended = (operation: { readonly id: string }) => finished(coordinator, operation);

const nodeOf = async (shardId: string) => (await placementOfShard(cluster, shardId)).node;
const workerBut = (name: string) => cluster.nodes.slice(1).find((node) => node.name !== name)?.name ?? "";

/** All records are there once, and found where the map says. */
async function expectAllRecords(): Promise<void> {
  for (const namespace of NAMESPACES) {
    const { records } = await client().vector.list({ namespace, pageSize: 100 });
    expect(records.map(({ key }) => key).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, i) => `k${String(i).padStart(2, "0")}`),
    );
  }
  expect(await client().vector.count({ allNamespaces: true })).toMatchObject({ count: "160" });
}
beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 3 }), startEtcd()]);
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_TOPOLOGY_LEASE_TTL_SECONDS: "2",
    ORRERY_COLLECTORS_OPERATIONS_INTERVAL_MS: "1000",
  };
  await runMigrate(settings);
  const listening: Logger = {
    ...silentLogger,
    error: (_, message) => logged.push(message),
    child: () => listening,
  };
  coordinator = await startTestCoordinator(settings, listening);
  for (const namespace of NAMESPACES) {
    await client().vector.upsert({
      records: Array.from({ length: 20 }, (_, i) => ({
        namespace,
        key: `k${String(i).padStart(2, "0")}`,
        value: "v",
        vector: f32([1, i + 1, 3]),
      })),
    });
  }
});

afterAll(async () => {
  await coordinator?.stop();
  await etcd?.stop();
  await cluster?.stop();
});

describe("cluster changes", () => {
  it("a shard group is moved once, even when the request is sent twice", async () => {
    const shardId = (await shards())[0]?.id ?? "";
    const target = workerBut(await nodeOf(shardId));
    const request = { shardId, targetNode: target, requestId: "move once" };
    const started = await client().cluster.moveShard(request);
    const operation = await ended(started);
    expect(operation).toMatchObject({ state: "OPERATION_STATE_DONE", moves: [{ state: "MOVE_STATE_DONE" }] });
    expect(await nodeOf(shardId)).toBe(target);
    expect((await client().cluster.moveShard(request)).id).toBe(started.id);
    await expectAllRecords();
    await expectNothingLeft(cluster);
  });
  it("a shard group is split at the median of its rows", async () => {
    const shardId = await shardOfSeveral(cluster, NAMESPACES);
    const operation = await ended(await client().cluster.splitShard({ shardId }));
    expect(operation).toMatchObject({ state: "OPERATION_STATE_DONE" });
    expect(await shards()).toHaveLength(5);
    await expectAllRecords();
    await expectNothingLeft(cluster);
  });
  it("a namespace is isolated and placed", async () => {
    const operation = await ended(
      await client().cluster.isolateNamespace({ namespace: "ns3", targetNode: nodeName(1) }),
    );
    expect(operation).toMatchObject({ state: "OPERATION_STATE_DONE" });
    await expectAllRecords();
    await expectNothingLeft(cluster);
  });
  it("a namespace is pinned to the node that holds its shard group, and the pin can be taken off", async () => {
    const operation = await ended(
      await client().namespace.updateNamespace({ namespace: "ns3", pinToNode: nodeName(2) }),
    );
    expect(operation).toMatchObject({ state: "OPERATION_STATE_DONE" });
    const un = await ended(await client().namespace.updateNamespace({ namespace: "ns3", unpin: true }));
    expect(un).toMatchObject({ state: "OPERATION_STATE_DONE" });
    await expectAllRecords();
    await expectNothingLeft(cluster);
  });
  it("a node can be drained, removed, added and restored", async () => {
    const node = nodeName(3);
    expect(await ended(await client().cluster.drainNode({ node }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    expect(await ended(await client().cluster.removeNode({ node }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    await expectAllRecords();
    expect(await ended(await client().cluster.addNode({ node }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    expect(await ended(await client().cluster.drainNode({ node }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    expect(await ended(await client().cluster.restoreNode({ node }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    await expectNothingLeft(cluster);
  });
  it("a rebalance carries out its plan", async () => {
    const plan = await client().cluster.planRebalance({
      strategy: "BALANCE_STRATEGY_BY_SHARD_COUNT",
    } as never);
    expect(plan.moves.length).toBeGreaterThan(0);
    expect(await ended(await client().cluster.startRebalance({ planId: plan.id }))).toMatchObject({
      state: "OPERATION_STATE_DONE",
    });
    await expectAllRecords();
    await expectNothingLeft(cluster);
  });
});

describe("refusals before anything changes", () => {
  const state = async () => ({
    placements: await cluster.sql("SELECT * FROM pg_dist_placement ORDER BY 1"),
    nodes: await cluster.sql("SELECT * FROM pg_dist_node ORDER BY 1"),
    pins: await cluster.sql("SELECT * FROM orrery.namespace_pins"),
    operations: (await client().operation.listOperations({ unfinished: true })).operations,
  });
  let before: Awaited<ReturnType<typeof state>>;
  let stranger: CitusCluster;
  beforeAll(async () => {
    stranger = await startCitusCluster({ workers: 0 });
    await stranger.sql("DROP EXTENSION vector");
    before = await state();
  });
  afterEach(async () => expect(await state()).toEqual(before));
  afterAll(() => stranger?.stop());

  it("refuses to move an unknown shard, to an unknown node, or to where the shard already is", async () => {
    const { cluster: api } = client();
    const shardId = (await shards())[0]?.id ?? "";
    await expect(api.moveShard({ shardId: "999999", targetNode: nodeName(1) })).rejects.toMatchObject(
      failure("SHARD_NOT_FOUND", /999999/),
    );
    await expect(api.moveShard({ shardId, targetNode: "nowhere:5432" })).rejects.toMatchObject(
      failure("NODE_NOT_FOUND", /nowhere/),
    );
    await expect(api.moveShard({ shardId, targetNode: await nodeOf(shardId) })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /already/),
    );
  });

  it("refuses a split point outside the shard and the isolation of an empty namespace", async () => {
    const { id: shardId = "", hashMax = 0 } = (await shards())[0] ?? {};
    await expect(client().cluster.splitShard({ shardId, splitPoints: [hashMax] })).rejects.toMatchObject(
      failure("INVALID_REQUEST", /split_points/),
    );
    await expect(client().cluster.isolateNamespace({ namespace: "nobody" })).rejects.toMatchObject(
      failure("NAMESPACE_NOT_FOUND", /nobody/),
    );
  });

  it("refuses to add a node that cannot be reached, lacks pgvector or is already in the cluster", async () => {
    const { cluster: api } = client();
    await expect(api.addNode({ node: "127.0.0.1:1" })).rejects.toMatchObject(failure("NODE_UNFIT", /127/));
    const { host, port } = stranger.coordinator;
    await expect(api.addNode({ node: `${host}:${port}` })).rejects.toMatchObject(
      failure("NODE_UNFIT", /no pgvector/),
    );
    await expect(api.addNode({ node: nodeName(1) })).rejects.toMatchObject(failure("NODE_UNFIT", /already/));
  });

  it("refuses to add a node with another version of pgvector, Citus or PostgreSQL", async () => {
    const { host, port } = stranger.coordinator;
    const add = (node = `${host}:${port}`) => client().cluster.addNode({ node });
    const [ours] = await cluster.sql(
      `SELECT current_setting('server_version_num')::int / 10000 AS postgres,
  (SELECT extversion FROM pg_extension WHERE extname = 'citus') AS citus,
  (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector`,
    );
    await stranger.sql("CREATE EXTENSION vector");
    // Only the newest version can be installed, so the catalog is made to claim an older one.
    const say = (extension: string, version: string) =>
      stranger.sql("UPDATE pg_extension SET extversion = $2 WHERE extname = $1", [extension, version]);
    await say("vector", "0.7.4");
    await expect(add()).rejects.toMatchObject(
      failure("NODE_UNFIT", new RegExp(`has pgvector 0\\.7\\.4, the cluster has ${ours?.vector}`)),
    );
    await say("vector", String(ours?.vector));
    await stranger.sql(
      "SET citus.enable_version_checks TO off; DROP EXTENSION citus; CREATE EXTENSION citus VERSION '13.0-1'",
    );
    await expect(add()).rejects.toMatchObject(
      failure("NODE_UNFIT", new RegExp(`has Citus 13\\.0-1, the cluster has ${ours?.citus}`)),
    );
    const other = await startOtherPostgres();
    try {
      expect(other.major).not.toBe(ours?.postgres);
      await expect(add(other.name)).rejects.toMatchObject(
        failure(
          "NODE_UNFIT",
          new RegExp(`has PostgreSQL ${other.major}, the cluster has ${ours?.postgres};.*Citus none`),
        ),
      );
    } finally {
      await other.stop();
    }
  });

  it("refuses to remove a node that holds shards, and the Citus coordinator node", async () => {
    const holder = await nodeOf((await shards())[0]?.id ?? "");
    await expect(client().cluster.removeNode({ node: holder, force: true })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /drain it first/),
    );
    await expect(client().cluster.removeNode({ node: nodeName(0) })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /coordinator/),
    );
  });

  it("refuses a request id that was used for something else", async () => {
    const shardId = (await shards())[0]?.id ?? "";
    await expect(client().cluster.splitShard({ shardId, requestId: "move once" })).rejects.toMatchObject(
      failure("INVALID_REQUEST", /request_id/),
    );
  });

  it("a dry run changes nothing", async () => {
    const shardId = (await shards())[0]?.id ?? "";
    const targetNode = workerBut(await nodeOf(shardId));
    const answer = await client().cluster.moveShard({ shardId, targetNode, validateOnly: true });
    expect(answer).toMatchObject({ id: "", moves: [{ shardId, targetNode, state: "MOVE_STATE_PENDING" }] });
  });
});

describe("an unreadable operation record", () => {
  it("an unreadable operation record is skipped, logged, counted and listed, and the other operations go on", async () => {
    const bad = { id: "broken", problem: expect.stringMatching(/operation broken cannot be read/) };
    await etcd.put("/orrery/operations/broken", '{"id":"broken","kind":"move_shard","state":"runn');
    try {
      const shardId = (await shards())[0]?.id ?? "";
      const targetNode = workerBut(await nodeOf(shardId));
      const moved = await ended(await client().cluster.moveShard({ shardId, targetNode }));
      expect(moved).toMatchObject({ state: "OPERATION_STATE_DONE" });
      const listed = await client().operation.listOperations({});
      expect(listed).toMatchObject({ unreadable: [bad] });
      expect(listed.operations.map(({ id }) => id)).toContain(moved.id);
      await expect(client().operation.getOperation({ id: "broken" })).rejects.toMatchObject({
        failure: { reason: "OPERATION_UNREADABLE" },
      });
      expect(logged.filter((line) => line === "skipping an operation that cannot be read")).toHaveLength(1);
      const counted = async () => (await coordinator.series()).get("orrery_operations_unreadable") === 1;
      await waitFor(counted, { what: "the metric", timeoutMs: 60_000 });
    } finally {
      await etcd.expire("/orrery/operations/broken");
    }
  });
});

describe("pins", () => {
  it("a pin forbids moving its shard group, draining its node and Citus's own rebalance of it", async () => {
    const { shardId } = await pinned("ns3");
    const targetNode = workerBut(await nodeOf(shardId));
    const refused = { failure: { reason: "PLACEMENT_REFUSED", message: expect.stringMatching(/pin/) } };
    await expect(client().cluster.moveShard({ shardId, targetNode })).rejects.toMatchObject(refused);
    await expect(client().cluster.drainNode({ node: await nodeOf(shardId) })).rejects.toMatchObject(refused);
    const allowed = await cluster.sql(
      "SELECT orrery.shard_allowed_on_node($1, nodeid) AS allowed FROM pg_dist_node WHERE concat(nodename, ':', nodeport) = $2",
      [shardId, targetNode],
    );
    expect(allowed).toEqual([{ allowed: false }]);
    const strategy = await cluster.sql(
      "SELECT default_strategy FROM pg_dist_rebalance_strategy WHERE name = 'orrery'",
    );
    expect(strategy).toEqual([{ default_strategy: true }]);
    await ended(await client().namespace.updateNamespace({ namespace: "ns3", unpin: true }));
  });
});

/** Pins a namespace to the node that holds it. */
async function pinned(namespace: string): Promise<{ readonly shardId: string }> {
  const { shardId, node } = await placementOf(cluster, namespace);
  const operation = await client().namespace.updateNamespace({ namespace, pinToNode: node });
  expect(await ended(operation)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  return { shardId };
}
