import { afterAll, beforeAll, expect, it } from "vitest";
import type { OperationMessage } from "../../src/proto/generated/orrery/v1/Operation.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { finished } from "../support/finished.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

/** Two coordinators of a cluster of two nodes. */
let servers: readonly [PostgresServer, PostgresServer];
let etcd: EtcdServer;
let coordinators: readonly [TestCoordinator, TestCoordinator];

const ROUNDS = 8;

beforeAll(async () => {
  [servers, etcd] = await Promise.all([Promise.all([startPostgres(), startPostgres()]), startEtcd()]);
  const settings = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: servers.map((server) => server.url()).join(","),
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(settings);
  coordinators = await Promise.all([startTestCoordinator(settings), startTestCoordinator(settings)]);
});

afterAll(async () => {
  await Promise.all(coordinators.map((coordinator) => coordinator.stop()));
  await Promise.all([...servers, etcd].map((server) => server.stop()));
});

async function leaderIndex(): Promise<number | undefined> {
  const statuses = await Promise.all(coordinators.map(({ client }) => client.cluster.getClusterStatus({})));
  const leading = statuses.flatMap(({ leader }, index) => (leader ? [index] : []));
  return leading.length === 1 ? leading[0] : undefined;
}

/** Resolves when the coordinator leads and the other one does not. */
async function makeLeader(wanted: number): Promise<void> {
  await waitFor(
    async () => {
      const present = await leaderIndex();
      if (present !== undefined && present !== wanted) await etcd.expire("/orrery/leader");
      return present === wanted;
    },
    { what: `coordinator ${wanted} to lead`, timeoutMs: 60_000 },
  );
}

/** Creates it and waits for the end of the operation. */
async function create(coordinator: TestCoordinator, name: string, dimension = 3): Promise<OperationMessage> {
  const collection = { name, dimension, shardCount: 4 };
  return finished(coordinator, await coordinator.client.collection.createCollection({ collection }));
}

async function drop(coordinator: TestCoordinator, name: string): Promise<OperationMessage> {
  return finished(coordinator, await coordinator.client.collection.deleteCollection({ name }));
}

async function shardTables(): Promise<number> {
  const counts = await Promise.all(
    servers.map((server) =>
      server.sql("SELECT count(*)::int FROM pg_tables WHERE schemaname = 'orrery_data'"),
    ),
  );
  return counts.flat().reduce((sum, { count }) => sum + count, 0);
}

it("coordinators that led in turn both create and delete collections, whoever leads", async () => {
  for (const leader of [0, 1, 0]) {
    await makeLeader(leader);
    for (const [index, coordinator] of coordinators.entries()) {
      const name = `led-by-${leader}-made-by-${index}`;
      expect(await create(coordinator, name)).toMatchObject({ state: "OPERATION_STATE_DONE", error: null });
      const { hits } = await coordinator.client.vector.search({
        collection: name,
        allNamespaces: true,
        vector: f32([1, 2, 3]),
      });
      expect(hits).toEqual([]);
      expect(await drop(coordinator, name)).toMatchObject({ state: "OPERATION_STATE_DONE", error: null });
    }
  }
});

it("identical creations at the same time on two coordinators all succeed, with one collection", async () => {
  const before = await shardTables();
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `same-${round}`;
    const ends = await Promise.all(
      [...coordinators, ...coordinators].map((coordinator) => create(coordinator, name)),
    );
    expect(ends.map(({ error }) => error)).toEqual([null, null, null, null]);
    const records = Array.from({ length: 20 }, (_, i) => ({
      namespace: `tenant-${i}`,
      key: "k",
      vector: f32([1, 2, 3]),
    }));
    for (const { client } of coordinators) {
      const { results } = await client.vector.upsert({ collection: name, records });
      expect(results.filter(({ status }) => status?.code !== 0)).toEqual([]);
    }
  }
  expect(await shardTables()).toBe(before + 4 * ROUNDS);
});

it("of different creations of one name at the same time one succeeds, and the others say COLLECTION_EXISTS", async () => {
  const before = await shardTables();
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `different-${round}`;
    const ends = await Promise.all(
      [...coordinators, ...coordinators].map((coordinator, index) =>
        create(coordinator, name, 3 + index).then(
          ({ error }) => error?.message ?? "created",
          (error) => error.failure?.reason ?? String(error),
        ),
      ),
    );
    expect(ends.filter((end) => end === "created")).toHaveLength(1);
    for (const end of ends) expect(end).toMatch(/^created$|COLLECTION_EXISTS|exists with other settings/);
  }
  expect(await shardTables()).toBe(before + 4 * ROUNDS);
});

it("a creation that lost its lock changes nothing more, and begins again", async () => {
  const before = await shardTables();
  const [first, second] = servers;
  const admin = first.sql.bind(first);
  // Its statements on the second node wait for this one.
  const blocker = second.sql(
    "DO $$ BEGIN LOCK TABLE orrery.shards IN ACCESS EXCLUSIVE MODE; PERFORM pg_sleep(4); END $$",
  );
  const creating = create(coordinators[0], "begun-twice");
  const sessions = "FROM pg_stat_activity WHERE application_name = 'orrery-admin'";
  await waitFor(
    async () => (await admin("SELECT FROM orrery.collections WHERE name = 'begun-twice'")).length === 1,
    { what: "the creation to have begun" },
  );
  expect(await admin(`SELECT pg_terminate_backend(pid) ${sessions}`)).toHaveLength(1);
  await blocker;
  expect((await creating).error).toBeNull();
  expect(await admin("SELECT state FROM orrery.collections WHERE name = 'begun-twice'")).toEqual([
    { state: "live" },
  ]);
  expect(await shardTables()).toBe(before + 4);
});
