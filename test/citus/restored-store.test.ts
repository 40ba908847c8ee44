import { startCitusCluster } from "../support/citus-cluster.ts";
import { describeRestoredStore } from "../support/suites/restored-store.ts";

describeRestoredStore("citus", async () => {
  const cluster = await startCitusCluster({ workers: 1 });
  return {
    settings: {
      ORRERY_ENGINE: "citus",
      ORRERY_CITUS_URL: cluster.adminUrl,
      ORRERY_COLLECTION_SHARDS: "2",
    },
    url: cluster.adminUrl,
    stop: () => cluster.stop(),
  };
});
