/** Each shard is placed once, and a collection whose catalogs say otherwise goes on as it was. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { waitFor } from "../support/wait-for.ts";

const SHARDS = 6;

let cluster: CitusCluster;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  const [database] = await cluster.sql("SELECT current_database() AS name");
  await cluster.sql(`ALTER DATABASE "${database?.name}" SET citus.shard_replication_factor TO 2`);
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: String(SHARDS),
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

async function placementsOf(collection: string): Promise<number> {
  const [row] = await cluster.sql(
    `SELECT count(*)::int AS placements FROM pg_dist_placement JOIN pg_dist_shard USING (shardid)
WHERE logicalrelid = (SELECT table_name FROM orrery.collections WHERE name = $1)::regclass`,
    [collection],
  );
  return Number(row?.placements);
}

async function write(key: string): Promise<void> {
  const { results } = await coordinator.client.vector.upsert({
    records: [{ namespace: "tenant", key, value: key, vector: f32([1, 2, 3]) }],
  });
  expect(results.map(({ status }) => status?.code ?? 0)).toEqual([0]);
}

const search = (collection = "") =>
  coordinator.client.vector.search({ collection, allNamespaces: true, vector: f32([1, 2, 3]), topK: 10 });

it("places each shard of a collection once where the database asks for two placements", async () => {
  await finished(
    coordinator,
    await coordinator.client.collection.createCollection({
      collection: { name: "words", dimension: 3, shardCount: SHARDS },
    }),
  );
  expect(await placementsOf("memory_entries")).toBe(SHARDS);
  expect(await placementsOf("words")).toBe(SHARDS);
  await write("first");
  for (const collection of ["", "words"]) {
    expect((await search(collection)).completeness).toMatchObject({ targetsTotal: SHARDS, complete: true });
  }
});

it("serves a collection as it was while the catalogs place a shard twice, and says so", async () => {
  const epoch = async () => (await coordinator.client.cluster.getShardMap({})).epoch;
  const before = await epoch();
  await cluster.sql(
    `INSERT INTO pg_dist_placement (placementid, shardid, shardstate, shardlength, groupid)
SELECT 1000000, shardid, 1, 0, 3 - groupid FROM pg_dist_placement
WHERE shardid = (SELECT min(shardid) FROM pg_dist_shard WHERE logicalrelid = 'memory_entries'::regclass)`,
  );
  const findings = () =>
    waitFor(
      async () => {
        const status = await coordinator.client.cluster.getClusterStatus({});
        return status.findings.find((finding) => finding.includes("collection memory_entries"));
      },
      { what: "a finding", timeoutMs: 30_000 },
    );
  expect(await findings()).toMatch(/invalid shards .*several placements/);
  const { hits, completeness } = await search();
  expect(hits.map(({ key }) => key)).toEqual(["first"]);
  expect(completeness).toMatchObject({ targetsTotal: SHARDS, complete: true });

  await cluster.sql("DELETE FROM pg_dist_placement WHERE placementid = 1000000");
  await waitFor(async () => (await coordinator.client.cluster.getClusterStatus({})).findings.length === 0, {
    what: "no findings",
    timeoutMs: 30_000,
  });
  await write("second");
  expect((await search()).hits.map(({ key }) => key).sort()).toEqual(["first", "second"]);
  expect(Number(await epoch())).toBeGreaterThanOrEqual(Number(before));
});
