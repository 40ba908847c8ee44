import { afterAll, beforeAll } from "vitest";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { testHalfIndexes } from "../support/suites/half-indexes.ts";
import { testPreviousSchema } from "../support/suites/previous-schema.ts";

let servers: readonly PostgresServer[];
let settings: Readonly<Record<string, string>>;
let coordinator: TestCoordinator;

beforeAll(async () => {
  servers = await Promise.all([startPostgres(), startPostgres()]);
  settings = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: servers.map((server) => server.url()).join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all(servers.map((server) => server.stop()));
});

testPreviousSchema(() => ({
  engine: "postgres",
  settings,
  servers,
  start: () => startTestCoordinator(settings),
}));

testHalfIndexes(() => ({
  coordinator,
  settings,
  servers,
  async makeEarly() {
    const [collection] =
      (await servers[0]?.sql("SELECT table_name FROM orrery.collections WHERE name = 'early'")) ?? [];
    for (const server of servers) {
      const tables = await server.sql("SELECT tablename FROM pg_tables WHERE tablename ~ $1", [
        `^${collection?.table_name}_\\d+$`,
      ]);
      for (const { tablename } of tables) {
        await server.sql(`DROP INDEX orrery_data.${tablename}_hnsw`);
        await server.sql(
          `CREATE INDEX ${tablename}_hnsw ON orrery_data.${tablename} USING hnsw ((embedding::halfvec(3)) halfvec_cosine_ops)`,
        );
      }
    }
  },
}));
