import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { loadConfig } from "../../src/config.ts";
import { migrateCluster } from "../../src/migrate-cluster.ts";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { shardMoves } from "../support/shard-moves.ts";
import { silentLogger } from "../support/stack.ts";
import { finished } from "../support/suites/lanes.ts";
import { waitFor } from "../support/wait-for.ts";

const VECTOR = toVector([1, 2, 3]);

let cluster: CitusCluster;
let settings: Record<string, string>;
/** Searches and writes as `service`, a member of orrery_service and nothing else; its admin is the owner. */
let coordinator: TestCoordinator;

/** The error of one statement run as `service` on the Citus coordinator node, or on a worker. */
async function refusal(text: string, server = cluster.coordinator): Promise<string | undefined> {
  const client = new pg.Client({ connectionString: server.url("service") });
  await client.connect();
  try {
    await client.query(text);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await client.end();
  }
}

async function writesAndFinds(collection: string, key: string): Promise<void> {
  const { vector } = coordinator.client;
  const record = { namespace: "tenant", key, value: key, vector: VECTOR };
  for (const mode of ["WRITE_MODE_INSERT", "WRITE_MODE_UPSERT", "WRITE_MODE_UPDATE"] as const) {
    const { results } = await vector.upsert({ collection, records: [record], mode });
    expect(results).toMatchObject([{ key, status: { code: 0 } }]);
  }
  const { hits } = await vector.search({ collection, namespaces: ["tenant"], vector: VECTOR });
  expect(hits.map((hit) => hit.key)).toContain(key);
  const { results } = await vector.delete({ collection, records: [{ namespace: "tenant", key }] });
  expect(results).toMatchObject([{ key, status: { code: 0 } }]);
}

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.coordinator.url("service"),
    ORRERY_CITUS_ADMIN_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "200",
  };
  await migrateCluster(loadConfig({ env: settings }), silentLogger);
  await cluster.sql("CREATE ROLE service LOGIN IN ROLE orrery_service");
  await cluster.sql("CREATE SCHEMA private");
  await cluster.sql("CREATE TABLE private.secrets AS SELECT 1 AS secret");
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

describe("a login that is a member of orrery_service and nothing else", () => {
  it("searches, writes and reads the map", async () => {
    await writesAndFinds("", "by the service");
    const { client } = coordinator;
    expect((await client.cluster.listShards({})).shards).toHaveLength(4);
    expect(await client.cluster.getClusterStatus({})).toMatchObject({ engine: "citus", findings: [] });
    await client.vector.upsert({ records: [{ namespace: "listed", key: "k", vector: VECTOR }] });
    expect((await client.namespace.listNamespaces({})).namespaces).toMatchObject([{ name: "listed" }]);
    expect(await client.vector.count({ allNamespaces: true })).toMatchObject({ count: "1" });
    await finished(coordinator, await client.namespace.deleteNamespace({ namespace: "listed" }));
    expect(await client.vector.count({ allNamespaces: true })).toMatchObject({ count: "0" });
  });

  it("reads the statistics of the shards", async () => {
    await coordinator.client.vector.upsert({ records: [{ namespace: "tenant", key: "k", vector: VECTOR }] });
    await cluster.sql("ANALYZE memory_entries");
    const estimates = async () =>
      (await coordinator.client.cluster.listShards({})).shards.map(({ estimatedRows }) =>
        Number(estimatedRows),
      );
    const areRead = async () => (await estimates()).toSorted().join() === "0,0,0,1";
    await waitFor(areRead, { what: "the estimates", timeoutMs: 30_000 });
  });

  it.each([
    ["create tables", "CREATE TABLE public.mine (i int)"],
    ["create tables beside Orrery's", "CREATE TABLE orrery.mine (i int)"],
    ["create schemas", "CREATE SCHEMA mine"],
    ["read other schemas", "SELECT FROM private.secrets"],
    ["change collections", "DELETE FROM orrery.collections"],
    ["take the lead", "UPDATE orrery.leadership SET term = term + 1"],
    ["forget what an index weighed", "DELETE FROM orrery.index_baselines"],
    ["empty a collection", "TRUNCATE memory_entries"],
    ["drop a collection", "DROP TABLE memory_entries"],
  ])("cannot %s", async (_, statement) => {
    for (const server of [cluster.coordinator, ...cluster.workers]) {
      expect(await refusal(statement, server)).toMatch(/^(42501|42P01|3F000)$/);
    }
    expect(await refusal(statement)).toBe("42501");
  });

  it("cannot move shards", async () => {
    const { shard, source, target } = await shardMoves(cluster, "memory_entries", "tenant").placement();
    const address = (node: string) => node.replace(/^(.*):(\d+)$/, "'$1', $2");
    expect(
      await refusal(`SELECT citus_move_shard_placement(${shard}, ${address(source)}, ${address(target)})`),
    ).toBe("42501");
  });
});

describe("a coordinator with an admin login beside it", () => {
  it("creates collections that the service login is served at once, and deletes them", async () => {
    const { client } = coordinator;
    for (let round = 0; round < 2; round += 1) {
      const collection = { name: "made", dimension: 3, shardCount: 3 };
      const created = await finished(coordinator, await client.collection.createCollection({ collection }));
      expect(created).toMatchObject({ state: "OPERATION_STATE_DONE" });
      await writesAndFinds("made", "first");
      const deleted = await finished(coordinator, await client.collection.deleteCollection({ name: "made" }));
      expect(deleted).toMatchObject({ state: "OPERATION_STATE_DONE" });
    }
  });

  it.each(["block_writes", "force_logical"] as const)("goes on after a move by %s", async (mode) => {
    const moves = shardMoves(cluster, "memory_entries", "tenant");
    await moves.move(mode);
    await writesAndFinds("", `after ${mode}`);
  });

  it("goes on after a split and an isolation", async () => {
    const moves = shardMoves(cluster, "memory_entries", "tenant");
    await moves.split();
    await writesAndFinds("", "after the split");
    await moves.isolate();
    await writesAndFinds("", "after the isolation");
  });
});

describe("a coordinator without an admin login", () => {
  it("serves, and says that it may not create collections", async () => {
    const { ORRERY_CITUS_ADMIN_URL: _, ...without } = settings;
    const powerless = await startTestCoordinator(without);
    try {
      const { vector, collection } = powerless.client;
      await vector.upsert({ records: [{ namespace: "tenant", key: "k", vector: VECTOR }] });
      expect((await vector.search({ allNamespaces: true, vector: VECTOR })).hits).toHaveLength(1);
      const operation = await finished(
        powerless,
        await collection.createCollection({ collection: { name: "made", dimension: 3 } }),
      );
      expect(operation).toMatchObject({
        state: "OPERATION_STATE_FAILED",
        error: { code: 9, message: expect.stringContaining("orrery migrate") },
      });
    } finally {
      await powerless.stop();
    }
  });
});
