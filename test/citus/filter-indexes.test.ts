import { afterAll, beforeAll } from "vitest";
import { type CitusCluster, startCitusCluster } from "../support/citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { type EtcdServer, startEtcd } from "../support/etcd-server.ts";
import { testCollectionUpdates } from "../support/suites/collection-updates.ts";
import { testFilterIndexes } from "../support/suites/filter-indexes.ts";
import { testInlineStorage } from "../support/suites/inline-storage.ts";

let cluster: CitusCluster;
let etcd: EtcdServer;
let coordinator: TestCoordinator;

beforeAll(async () => {
  [cluster, etcd] = await Promise.all([startCitusCluster({ workers: 2 }), startEtcd()]);
  const env = {
    ORRERY_ENGINE: "citus",
    ORRERY_CITUS_URL: cluster.adminUrl,
    ORRERY_COLLECTION_SHARDS: "4",
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_ETCD_ENDPOINTS: etcd.endpoints.join(","),
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await Promise.all([cluster?.stop(), etcd?.stop()]);
});

const lane = () => ({
  coordinator,
  servers: [cluster.coordinator, ...cluster.workers],
  writeRelation: (shardTable: string) => `public.${shardTable.replace(/_\d+$/, "")}`,
});

testFilterIndexes(lane);
testInlineStorage(lane);
testCollectionUpdates(lane);
