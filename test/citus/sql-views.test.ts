import { afterAll, beforeAll, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { type CitusCluster, startCitusCluster, startCitusNode } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, runSql } from "../support/postgres-server.ts";
import { testSqlViews } from "../support/suites/sql-views.ts";

let cluster: CitusCluster;
let added: PostgresServer;
let coordinator: TestCoordinator;
let settings: Readonly<Record<string, string>>;

beforeAll(async () => {
  [cluster, added] = await Promise.all([startCitusCluster({ workers: 2 }), startCitusNode()]);
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
  await added?.stop();
});

testSqlViews(() => ({
  coordinator,
  servers: [cluster.coordinator, ...cluster.workers],
  isWhole: true,
  share: async (table) => {
    await cluster.sql(`SELECT create_reference_table('${table}')`);
  },
}));

it("the reader reads the views on a node that was added, and the shards that were moved to it", async () => {
  const records = Array.from({ length: 20 }, (_, at) => ({
    namespace: `n${at}`,
    key: "k",
    vector: toVector([1, 2, 3]),
  }));
  await coordinator.client.vector.upsert({ collection: "articles", records });
  await cluster.sql("SELECT citus_add_node($1, $2)", [added.host, added.port]);
  await cluster.sql("SELECT replicate_reference_tables('block_writes')");
  await runMigrate(settings);
  const [from] = await cluster.sql(
    "SELECT shardid, nodename, nodeport FROM citus_shards WHERE table_name::text = (SELECT table_name FROM orrery.collections WHERE name = 'articles') ORDER BY shardid LIMIT 1",
  );
  await cluster.sql(
    "SELECT citus_move_shard_placement($1, $2, $3, $4, $5, shard_transfer_mode => 'block_writes')",
    [from?.shardid, from?.nodename, from?.nodeport, added.host, added.port],
  );
  for (const server of [cluster.coordinator, ...cluster.workers, added]) {
    const url = server.adminUrl.replace("postgres@", "reporting@");
    expect(await runSql(url, "SELECT count(*)::int FROM orrery_sql.articles")).toEqual([{ count: 23 }]);
  }
});
