import { afterAll, beforeAll, expect, it } from "vitest";
import { f32, runMigrate, startTestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let servers: readonly [PostgresServer, PostgresServer, PostgresServer];

beforeAll(async () => {
  servers = await Promise.all([startPostgres(), startPostgres(), startPostgres()]);
});

afterAll(() => Promise.all(servers.map((server) => server.stop())));

function settingsOf(...used: readonly PostgresServer[]) {
  return {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: used.map((server) => server.url()).join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
}

const collection = { name: "later", dimension: 3, shardCount: 6 };

it("a node that holds shards is not left out, and the error names it, its collections and the way", async () => {
  await runMigrate(settingsOf(...servers));
  const [first, , third] = servers;
  await expect(runMigrate(settingsOf(first, third))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringMatching(
      `not configured: ${servers[1].host}:${servers[1].port} \\(memory_entries\\).*export its collections`,
    ),
  });
});

it("a node that holds nothing is left out by a migration without it, and may join again later", async () => {
  const [first, second, third] = servers;
  const all = await startTestCoordinator(settingsOf(...servers));
  expect(
    (await finished(all, await all.client.collection.deleteCollection({ name: "memory_entries" }))).error,
  ).toBeNull();
  await all.stop();

  // Not migrated yet: the error says what to do, and nothing is recorded that would keep the node.
  const early = await startTestCoordinator(settingsOf(first, third));
  expect(
    (await finished(early, await early.client.collection.createCollection({ collection }))).error?.message,
  ).toContain("run `orrery migrate` without it");
  await early.stop();

  await runMigrate(settingsOf(first, third));
  const without = await startTestCoordinator(settingsOf(first, third));
  expect(
    (await finished(without, await without.client.collection.createCollection({ collection }))).error,
  ).toBeNull();
  const vector = f32([1, 2, 3]);
  const records = Array.from({ length: 30 }, (_, i) => ({ namespace: `tenant-${i}`, key: "k", vector }));
  const { results } = await without.client.vector.upsert({ collection: "later", records });
  expect(results.filter(({ status }) => status?.code !== 0)).toEqual([]);
  const groupsOf = async (name: string) =>
    new Set(
      (await without.client.cluster.listShards({ collection: name })).shards.map(({ groupId }) => groupId),
    );
  expect(await groupsOf("later")).toEqual(new Set([1, 3]));
  await without.stop();

  await runMigrate(settingsOf(first, second, third));
  const again = await startTestCoordinator(settingsOf(third, second, first));
  const wider = { ...collection, name: "wider" };
  expect(
    (await finished(again, await again.client.collection.createCollection({ collection: wider }))).error,
  ).toBeNull();
  const { shards } = await again.client.cluster.listShards({ collection: "wider" });
  expect(new Set(shards.map(({ groupId }) => groupId))).toEqual(new Set([1, 2, 3]));
  const { hits } = await again.client.vector.search({
    collection: "later",
    allNamespaces: true,
    vector,
    topK: 100,
  });
  expect(hits).toHaveLength(30);
  await again.stop();
});

it("a node that is lost with its shards is left out once the collections on it are deleted", async () => {
  const [first, second, third] = servers;
  await second.stop();
  const all = await startTestCoordinator(settingsOf(...servers));
  const { operation } = all.client;
  const { id } = await all.client.collection.deleteCollection({ name: "wider" });
  await operation.cancelOperation({ id }).catch(() => undefined);
  await finished({ client: { operation } }, { id });
  await all.stop();

  await runMigrate(settingsOf(first, third));
  const without = await startTestCoordinator(settingsOf(first, third));
  const wider = { ...collection, name: "wider" };
  expect(
    (await finished(without, await without.client.collection.createCollection({ collection: wider }))).error,
  ).toBeNull();
  await without.stop();
});
