import { startPostgres } from "../support/postgres-server.ts";
import { describeRestoredStore } from "../support/suites/restored-store.ts";

describeRestoredStore("postgres", async () => {
  const server = await startPostgres({ database: "orrery" });
  return {
    settings: { ORRERY_ENGINE: "postgres", ORRERY_POSTGRES_URLS: server.adminUrl },
    url: server.adminUrl,
    stop: () => server.stop(),
  };
});
