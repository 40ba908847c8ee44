import { afterAll, beforeAll } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { testHalfIndexes } from "../support/suites/half-indexes.ts";
import { testPreviousSchema } from "../support/suites/previous-schema.ts";

let cluster: CitusCluster;
let settings: Readonly<Record<string, string>>;
let coordinator: TestCoordinator;

beforeAll(async () => {
  cluster = await startCitusCluster({ workers: 2 });
  settings = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await cluster?.stop();
});

testPreviousSchema(() => ({
  engine: "citus",
  settings,
  servers: [cluster.coordinator],
  start: () => startTestCoordinator(settings),
}));

testHalfIndexes(() => ({
  coordinator,
  settings,
  servers: cluster.workers,
  async makeEarly(name) {
    const [collection] = await cluster.sql("SELECT table_name FROM orrery.collections WHERE name = $1", [
      name,
    ]);
    const table = String(collection?.table_name);
    await cluster.sql(`DROP INDEX public.${table}_hnsw`);
    await cluster.sql(
      `CREATE INDEX ${table}_hnsw ON public.${table} USING hnsw ((embedding::halfvec(3)) halfvec_cosine_ops)`,
    );
  },
}));
