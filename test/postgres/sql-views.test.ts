import { afterAll, beforeAll } from "vitest";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { testSqlViews } from "../support/suites/sql-views.ts";

let servers: readonly PostgresServer[];
let coordinator: TestCoordinator;

beforeAll(async () => {
  servers = await Promise.all([startPostgres(), startPostgres()]);
  const settings = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: servers.map((server) => server.adminUrl).join(","),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(settings);
  coordinator = await startTestCoordinator(settings);
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all(servers.map((server) => server.stop()));
});

testSqlViews(() => ({ coordinator, servers, isWhole: false, share: async () => {} }));
