/** A collection whose table somebody makes anew by SQL, by which Citus loses writes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { waitFor } from "../support/wait-for.ts";

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "4",
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

it("the leader finds that the table of a collection was made anew by alter_distributed_table, and goes on serving it", async () => {
  const { client } = coordinator;
  const record = { namespace: "n", key: "k", value: "v", vector: f32([1, 2, 3]) };
  await client.vector.upsert({ records: [record] });
  const status = () => client.cluster.getClusterStatus({});
  await waitFor(async () => (await status()).leader, { what: "the leader" });
  await waitFor(async () => (await coordinator.series()).get("orrery_leader") !== 0, {
    what: "the first term",
  });
  expect((await status()).findings).toEqual([]);
  await cluster.sql("SELECT alter_distributed_table('memory_entries', shard_count := 8)");
  await waitFor(async () => (await status()).findings.length > 0, { what: "the finding" });
  expect((await status()).findings).toEqual([
    expect.stringContaining("collection memory_entries got other shards, all at once"),
  ]);
  const { hits } = await client.vector.search({ namespaces: ["n"], vector: f32([1, 2, 3]) });
  expect(hits).toHaveLength(1);
});
