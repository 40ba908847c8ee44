/**
 * Nodes other than plain workers: standbys, nodes with a damaged schema, IPv6 and unreachable nodes.
 */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { type CitusCluster, startCitusCluster, startCitusNode } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { failure } from "../support/failure.ts";
import { finished } from "../support/finished.ts";
import { silentLogger } from "../support/silent-logger.ts";
import { type Standby, startStandby } from "../support/standby.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const NAMESPACES = Array.from({ length: 8 }, (_, i) => `ns${i}`);
const done = { state: "OPERATION_STATE_DONE" };

let cluster: CitusCluster;
let etcd: EtcdServer;
let etcdProxy: TcpProxy;
let coordinator: TestCoordinator;
/** A second coordinator, whose map gets old when its connection to etcd is cut. */
let old: TestCoordinator;
let standby: Standby;
let settings: Record<string, string>;

const client = () => coordinator.client;
const name = (index: number) => cluster.nodes[index]?.name ?? "";
const ended = (operation: { readonly id: string }) => finished(coordinator, operation);
const listed = async () => (await client().cluster.listNodes({})).nodes;
const groupOf = async (node: string) => (await listed()).find((one) => one.name === node)?.groupId ?? -1;
/** A namespace whose records are on this node group. */
async function namespaceOn(group: number): Promise<string> {
  const [row] = await cluster.sql(
    `SELECT namespace FROM unnest($1::text[]) AS namespace
JOIN pg_dist_placement ON shardid = get_shard_id_for_distribution_column('memory_entries', namespace) WHERE groupid = $2`,
    [NAMESPACES, group],
  );
  return String(row?.namespace);
}
const groupsOn = async ({ client: { cluster: api } }: TestCoordinator, groupId: number) =>
  (await api.getShardMap({})).shards.filter((shard) => shard.groupId === groupId).length;

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 3 }), startEtcd()]);
  etcdProxy = await startTcpProxy({ target: etcd });
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "6",
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
  await waitFor(async () => (await client().cluster.getClusterStatus({})).leader, { what: "a leader" });
  old = await startTestCoordinator({
    ...settings,
    ORRERY_ETCD_ENDPOINTS: `http://${etcdProxy.host}:${etcdProxy.port}`,
  });
  const records = NAMESPACES.map((namespace) => ({
    namespace,
    key: "k",
    value: "v",
    vector: f32([1, 2, 3]),
  }));
  await client().vector.upsert({ records });
  const primary = cluster.nodes[1]?.server;
  if (primary === undefined) throw new Error("no worker");
  standby = await startStandby(primary, { name: "standby" });
});

afterAll(async () => {
  await old?.stop();
  await coordinator?.stop();
  await etcdProxy?.close();
  await etcd?.stop();
  await standby?.stop();
  await cluster?.stop();
});

describe("a standby", () => {
  const node = () => `${standby.host}:${standby.port}`;

  it("a standby is refused as a primary, and as the standby of another or an unknown group", async () => {
    const { cluster: api } = client();
    const [own, other] = [await groupOf(name(1)), await groupOf(name(2))];
    await expect(api.addNode({ node: node() })).rejects.toMatchObject(failure("NODE_UNFIT", /is a standby/));
    await expect(api.addNode({ node: node(), standbyOfGroup: other })).rejects.toMatchObject(
      failure("NODE_UNFIT", new RegExp(`node group ${own}, not of ${other}`)),
    );
    await expect(api.addNode({ node: node(), standbyOfGroup: 99 })).rejects.toMatchObject(
      failure("NODE_NOT_FOUND", /99/),
    );
    expect(await listed()).toHaveLength(4);
  });

  it("the doctor reports an admin role that cannot see standbys for want of pg_monitor", async () => {
    await cluster.sql("CREATE ROLE mover LOGIN");
    const env = { ...settings, ORRERY_CITUS_ADMIN_URL: cluster.coordinator.url("mover") };
    const reported = async () => {
      const facts = await inspectCluster(loadConfig({ env }), silentLogger);
      return checkCluster(facts).filter(({ detail }) => detail.includes("mover"));
    };
    expect(await reported()).toMatchObject([
      { what: `${name(1)} rights`, verdict: "warning", detail: expect.stringMatching(/GRANT pg_monitor/) },
    ]);
    await cluster.sql("GRANT pg_monitor TO mover");
    expect(await reported()).toEqual([]);
  });

  it("a standby joins the group of its primary, holds no shards of its own and can be removed", async () => {
    const group = await groupOf(name(1));
    const added = await ended(await client().cluster.addNode({ node: node(), standbyOfGroup: group }));
    expect(added).toMatchObject(done);
    expect((await listed()).find((one) => one.name === node())).toMatchObject({
      groupId: group,
      role: "NODE_ROLE_STANDBY",
    });
    await expect(client().cluster.drainNode({ node: node() })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /is a standby/),
    );
    const elsewhere = (await client().cluster.listShards({})).shards.find((shard) => shard.groupId !== group);
    const move = client().cluster.moveShard({ shardId: elsewhere?.id ?? "", targetNode: node() });
    await expect(move).rejects.toMatchObject(failure("PLACEMENT_REFUSED", /is a standby/));
    await expect(client().cluster.removeNode({ node: name(1) })).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /remove it first/),
    );
    // Its primary still takes writes and searches.
    const records = NAMESPACES.map((namespace) => ({ namespace, key: "k2", vector: f32([3, 2, 1]) }));
    await client().vector.upsert({ records });
    expect(await client().vector.count({ allNamespaces: true })).toMatchObject({ count: "16" });
    const { completeness } = await client().vector.search({ allNamespaces: true, vector: f32([1, 2, 3]) });
    expect(completeness).toMatchObject({ complete: true });

    expect(await ended(await client().cluster.removeNode({ node: node() }))).toMatchObject(done);
    expect(await listed()).toHaveLength(4);
    expect(await standby.sql("SELECT pg_is_in_recovery() AS it")).toEqual([{ it: true }]);
  });
});

describe("a node with a damaged or old schema", () => {
  const server = () => cluster.nodes[2]?.server;
  const alone = (text: string) => server()?.sql(`SET citus.enable_ddl_propagation TO off; ${text}`);
  const migrate = () => runMigrate(settings);
  /** Ends the open sessions, so that new connections check the server again. */
  const endSessions = () =>
    server()?.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orrery'");
  const on = async (index: number) => {
    const namespace = await namespaceOn(await groupOf(name(index)));
    return { namespaces: [namespace], vector: f32([1, 2, 3]) };
  };
  const restored = async () => {
    const search = async () => (await client().vector.search(await on(2))).hits.length > 0;
    await waitFor(search, { what: "its answers" });
  };

  it.each([
    ["a function that searches need", "DROP FUNCTION orrery.shard_read(bigint, int)"],
    ["the function that says who it is", "DROP FUNCTION orrery.hello()"],
  ])("a node that lacks %s is named with the command to run, which repairs it", async (_, drop) => {
    await alone(drop);
    await endSessions();
    const lacks = failure("NODE_NOT_MIGRATED", new RegExp(`node ${name(2)} lacks.*orrery migrate`));
    await expect(client().vector.search(await on(2))).rejects.toMatchObject(lacks);
    expect((await client().vector.search(await on(1))).completeness).toMatchObject({ complete: true });
    expect(await migrate()).toEqual([`gave node ${name(2)} what it lacked of the schema`]);
    await restored();
    expect(await migrate()).toEqual([]);
  });

  it("a node with an older schema gets no searches or writes, and is reported by status and migration", async () => {
    const [table] = await cluster.sql(
      "SELECT 'orrery.cluster_' || shardid AS name FROM pg_dist_shard WHERE logicalrelid = 'orrery.cluster'::regclass",
    );
    const setVersion = (change: string) =>
      server()?.sql(
        `SET citus.enable_manual_changes_to_shards TO on; UPDATE ${table?.name} SET schema_version = schema_version ${change}`,
      );
    await setVersion("- 2");
    try {
      await endSessions();
      const old = failure(
        "NODE_NOT_MIGRATED",
        new RegExp(`node ${name(2)} has version \\d+.*orrery migrate`),
      );
      const { namespaces, vector } = await on(2);
      await expect(client().vector.search({ namespaces, vector })).rejects.toMatchObject(old);
      const records = [{ namespace: namespaces[0] ?? "", key: "by an old schema", vector }];
      await expect(client().vector.upsert({ records })).rejects.toMatchObject(old);
      expect((await client().vector.search(await on(1))).completeness).toMatchObject({ complete: true });
      const lastError = async () => (await listed()).find((node) => node.name === name(2))?.lastError;
      expect(await lastError()).toMatch(/has version \d+ of/);
      await expect(migrate()).rejects.toMatchObject({
        code: "NODE_NOT_MIGRATED",
        message: expect.stringMatching(/drain the node, remove it and add it again/),
      });
    } finally {
      await setVersion("+ 2");
    }
    await restored();
    const { namespaces } = await on(2);
    const records = [{ namespace: namespaces[0] ?? "", key: "by an old schema" }];
    expect((await client().vector.get({ records })).records).toEqual([]);
  });
});

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === "::1"),
);

describe.skipIf(!hasIpv6)("a node at an IPv6 address", () => {
  it("a node at an IPv6 address can be added, hold shards and be removed", async () => {
    const server = await startCitusNode({ host: "::1" });
    try {
      const inBrackets = `[::1]:${server.port}`;
      const node = `::1:${server.port}`;
      expect(await ended(await client().cluster.addNode({ node: inBrackets }))).toMatchObject(done);
      const group = await groupOf(node);
      const namespace = await namespaceOn(await groupOf(name(2)));
      const [shard] = await cluster.sql(
        "SELECT get_shard_id_for_distribution_column('memory_entries', $1::text)::text AS id",
        [namespace],
      );
      const move = await client().cluster.moveShard({ shardId: shard?.id, targetNode: node });
      expect(await ended(move)).toMatchObject(done);
      const write = { namespace, key: "by IPv6", vector: f32([0, 1, 0]) };
      expect((await client().vector.upsert({ records: [write] })).results).toMatchObject([
        { status: { code: 0 } },
      ]);
      const { hits } = await client().vector.search({ namespaces: [namespace], vector: write.vector });
      expect(hits[0]).toMatchObject({ key: "by IPv6" });
      expect(await server.sql("SELECT count(*)::int AS n FROM memory_entries WHERE key = 'by IPv6'")).toEqual(
        [{ n: 1 }],
      );
      expect(await groupsOn(coordinator, group)).toBe(1);
      expect((await listed()).find((one) => one.name === node)).toMatchObject({ lastError: "" });
      expect(await ended(await client().cluster.drainNode({ node: inBrackets }))).toMatchObject(done);
      expect(await ended(await client().cluster.removeNode({ node: inBrackets }))).toMatchObject(done);
      expect(await listed()).toHaveLength(4);
    } finally {
      await server.stop();
    }
  });
});

describe("a worker that cannot be reached", () => {
  const server = () => cluster.nodes[3]?.server;

  it("a worker that cannot be reached is not drained, since its shards cannot leave it", async () => {
    await server()?.stop();
    try {
      await expect(client().cluster.drainNode({ node: name(3) })).rejects.toMatchObject(
        failure("NODE_UNFIT", /does not answer/),
      );
      await expect(client().cluster.removeNode({ node: name(3), force: true })).rejects.toMatchObject(
        failure(
          "PLACEMENT_REFUSED",
          /only copy of \d of the 6 shards of memory_entries \(\d+.*not even by force/,
        ),
      );
    } finally {
      await server()?.restart();
    }
  });

  it("an empty worker that cannot be reached is removed only by force, and no write through an old map is lost", async () => {
    const group = await groupOf(name(3));
    await waitFor(async () => (await groupsOn(old, group)) > 0, { what: "the map that will be old" });
    const namespace = await namespaceOn(group);
    etcdProxy.pause();
    const drained = await ended(await client().cluster.drainNode({ node: name(3) }));
    expect(drained).toMatchObject(done);
    expect(await groupsOn(old, group)).toBeGreaterThan(0);
    server()?.freeze();

    const remove = (force: boolean) => client().cluster.removeNode({ node: name(3), force });
    await expect(remove(false)).rejects.toMatchObject(
      failure("PLACEMENT_REFUSED", /cannot be reached.*force.*come back.*write by what it last knew/),
    );
    const removed = await ended(await remove(true));
    expect(removed).toMatchObject({ ...done, message: expect.stringMatching(/keep it off/) });
    expect((await listed()).map((node) => node.name)).toEqual([0, 1, 2].map(name));
    expect(await cluster.sql("SELECT FROM pg_dist_cleanup")).toEqual([]);

    const writeByOldMap = async (key: string) =>
      old.client.vector
        .upsert({ records: [{ namespace, key, vector: f32([1, 1, 1]) }] }, { deadlineMs: 10_000 })
        .then(
          ({ results }) => results[0]?.status?.code === 0,
          () => false,
        );
    const found = async (key: string) =>
      (await client().vector.get({ records: [{ namespace, key }] })).records.length === 1;
    const whileAway = await writeByOldMap("while it is away");
    if (whileAway) expect(await found("while it is away")).toBe(true);
    // Which the message advises against.
    server()?.thaw();
    const whenBack = await writeByOldMap("when it is back");
    if (whenBack) expect(await found("when it is back")).toBe(true);
    etcdProxy.resume();
    await waitFor(async () => (await groupsOn(old, group)) === 0, { what: "the map to follow" });
    expect(await writeByOldMap("by the new map")).toBe(true);
  });

  it("the shards of a lost worker are recreated empty as the runbook says, after which it can be removed", async () => {
    const group = await groupOf(name(2));
    const held = await cluster.sql(
      `SELECT shardid::text AS id FROM pg_dist_placement JOIN pg_dist_shard USING (shardid)
WHERE groupid = $1 AND logicalrelid = 'memory_entries'::regclass ORDER BY 1`,
      [group],
    );
    const lost = await namespaceOn(group);
    const kept = await namespaceOn(await groupOf(name(1)));
    await cluster.nodes[2]?.server.kill();
    const remove = () => client().cluster.removeNode({ node: name(2), force: true });
    const named = held.map(({ id }) => id).join(", ");
    await expect(remove()).rejects.toMatchObject(
      failure(
        "PLACEMENT_REFUSED",
        new RegExp(`only copy of ${held.length} of the 6 shards of memory_entries \\(${named}\\)`),
      ),
    );

    const page = readFileSync("docs/runbooks/node-down.md", "utf8");
    const giveUp = /```sql\n(.*?)```/s.exec(page)?.[1] ?? "";
    await cluster.sql(giveUp.replace("node-3:5432", name(2)).replace("node-1:5432", name(1)));
    expect(await ended(await remove())).toMatchObject(done);
    expect((await listed()).map((node) => node.name)).toEqual([0, 1].map(name));
    const search = async (namespace: string) => {
      const answer = await client().vector.search({ namespaces: [namespace], vector: f32([1, 2, 3]) });
      expect(answer.completeness).toMatchObject({ complete: true });
      return answer.hits.length;
    };
    await waitFor(async () => (await search(lost)) === 0, { what: "the map to follow" });
    expect(await search(kept)).toBeGreaterThan(0);
    const records = [{ namespace: lost, key: "k", vector: f32([1, 2, 3]) }];
    expect((await client().vector.upsert({ records })).results).toMatchObject([{ status: { code: 0 } }]);
    expect(await search(lost)).toBe(1);
    expect(
      (await client().vector.search({ allNamespaces: true, vector: f32([1, 2, 3]) })).completeness,
    ).toMatchObject({
      complete: true,
    });
    // There is no other worker to take the pieces.
    const options = { transferMode: "TRANSFER_MODE_BLOCK_WRITES" } as const;
    const split = await client().cluster.splitShard({ shardId: held[0]?.id, options });
    expect(await ended(split)).toMatchObject(done);
    expect(await cluster.sql("SELECT FROM pg_dist_cleanup")).toEqual([]);
  });

  it("a worker that stops answering after its removal was checked is removed by force without waiting for it", async () => {
    const spare = await startCitusNode();
    try {
      const node = `${spare.host}:${spare.port}`;
      expect(await ended(await client().cluster.addNode({ node }))).toMatchObject(done);
      // Checked by the coordinator that got the request, and not yet known to the leader.
      const record = etcdProxy.hold("remove_node");
      const removal = old.client.cluster.removeNode({ node, force: true }, { deadlineMs: 20_000 });
      await waitFor(() => record.held() > 0, { what: "the record to be stored" });
      spare.freeze();
      record.release();
      expect(await ended(await removal)).toMatchObject({
        ...done,
        message: expect.stringMatching(/does not know that it was removed: keep it off/),
      });
      expect((await listed()).map((one) => one.name)).toEqual([0, 1].map(name));
    } finally {
      await spare.stop();
    }
  });
});
