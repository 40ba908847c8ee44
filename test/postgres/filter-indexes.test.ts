import { afterAll, beforeAll } from "vitest";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { testCollectionUpdates } from "../support/suites/collection-updates.ts";
import { testFilterIndexes } from "../support/suites/filter-indexes.ts";
import { testInlineStorage } from "../support/suites/inline-storage.ts";

let server: PostgresServer;
let coordinator: TestCoordinator;

beforeAll(async () => {
  server = await startPostgres();
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.url(),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await server?.stop();
});

const lane = () => ({
  coordinator,
  servers: [server],
  writeRelation: (shardTable: string) => `orrery_data.${shardTable}`,
});

testFilterIndexes(lane);
testInlineStorage(lane);
testCollectionUpdates(lane);
