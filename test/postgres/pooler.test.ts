import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { checkCluster } from "../../src/doctor/check-cluster.ts";
import { inspectCluster } from "../../src/doctor/inspect-cluster.ts";
import { createPgDriver } from "../../src/shards/pg/pg-driver.ts";
import { runMigrate, startTestCoordinator } from "../support/coordinator.ts";
import { type PgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/silent-logger.ts";

let server: PostgresServer;

const postgres = (url: string) => ({ ORRERY_ENGINE: "postgres", ORRERY_POSTGRES_URLS: url });
const SAYS =
  /node 127\.0\.0\.1:\d+: a connection pooler such as PgBouncer answers there; give the address of /;
const refused = { code: "CONFIG_INVALID", message: expect.stringMatching(SAYS) };

beforeAll(async () => {
  server = await startPostgres();
  await runMigrate(postgres(server.url()));
});

afterAll(() => server?.stop());

describe.each([
  ["that refuses the settings of sessions", []],
  ["that drops the settings of sessions", ["options"]],
])("a connection pooler %s", (_, ignored) => {
  describe.each(["transaction", "session", "statement"] as const)("in mode %s", (poolMode) => {
    let pooler: PgBouncer;
    beforeAll(async () => {
      pooler = await startPgBouncer({ server, poolMode, ignored });
    });
    afterAll(() => pooler?.stop());

    it("keeps a coordinator from starting, which says so", async () => {
      await expect(startTestCoordinator(postgres(pooler.url))).rejects.toMatchObject(refused);
    });

    it("keeps a coordinator of a Citus cluster from starting, for either of its logins", async () => {
      const citus = (url: string, adminUrl: string) => ({
        ORRERY_ENGINE: "citus",
        ORRERY_CITUS_URL: url,
        ORRERY_CITUS_ADMIN_URL: adminUrl,
      });
      await expect(startTestCoordinator(citus(pooler.url, server.url()))).rejects.toMatchObject(refused);
      await expect(startTestCoordinator(citus(server.url(), pooler.url))).rejects.toMatchObject(refused);
    });

    it("keeps a migration from running", async () => {
      await expect(runMigrate(postgres(pooler.url))).rejects.toMatchObject(refused);
    });

    it("is named by the doctor, and nothing else is advised", async () => {
      const facts = await inspectCluster(loadConfig({ env: postgres(pooler.url) }), silentLogger);
      const failures = checkCluster(facts).filter(({ verdict }) => verdict === "failed");
      expect(failures).toEqual([
        expect.objectContaining({
          detail: expect.stringMatching(new RegExp(`${SAYS.source}.*whole sessions$`)),
        }),
      ]);
    });

    it("is noticed by every new connection", async () => {
      const { pool } = loadConfig({ env: {} });
      const driver = createPgDriver({
        node: "127.0.0.1:1",
        url: pooler.url,
        pool: { ...pool, efSearch: 100 },
        random: Math.random,
      });
      const { error } = await driver.run(
        { text: "SELECT 1", values: [], prepare: false },
        { signal: AbortSignal.timeout(10_000) },
      );
      expect(error).toMatchObject(refused);
      await driver.close();
    });
  });
});
