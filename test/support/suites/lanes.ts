/** What the shared suites run on: each engine as one coordinator of the present sources over real servers. */

import { afterAll, beforeAll } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { migrateCluster } from "../../../src/coordinator/migrate-cluster.ts";
import { type Defer, withReleasers } from "../../../src/lib/releasers.ts";
import type { OperationMessage } from "../../../src/proto/generated/orrery/v1/Operation.ts";
import { startCitusCluster } from "../citus-cluster.ts";
import { startTestCoordinator, type TestCoordinator } from "../coordinator.ts";
import { startEtcd } from "../etcd-server.ts";
import { startPostgres } from "../postgres-server.ts";
import { silentLogger } from "../stack.ts";
import { waitFor } from "../wait-for.ts";

export interface Lane extends Pick<TestCoordinator, "client"> {
  stop(): Promise<void>;
}

export type StartLane = () => Promise<Lane>;

/**
 * Starts the lane before the tests of a file and stops it after them; returns what tells the one that runs.
 */
export function useLane(start: StartLane): () => Lane {
  let lane: Lane | undefined;
  beforeAll(async () => {
    lane = await start();
  });
  afterAll(() => lane?.stop());
  return () => {
    if (lane === undefined) throw new Error("no lane runs");
    return lane;
  };
}

const SETTINGS = { ORRERY_COLLECTION_DEFAULT_DIMENSION: "3" };

/** Two PGlite nodes. */
export const startEmbeddedLane: StartLane = () => startLane(async () => ({ ORRERY_EMBEDDED_NODES: "2" }));

/** Two PostgreSQL servers, and etcd. */
export const startPostgresLane: StartLane = () =>
  startLane(async (defer) => {
    const servers = await Promise.all([startPostgres(), startPostgres()]);
    defer("servers", () => Promise.all(servers.map((server) => server.stop())));
    return migrated({
      ORRERY_ENGINE: "postgres",
      ORRERY_POSTGRES_URLS: servers.map((server) => server.url()).join(","),
      ...(await etcd(defer)),
    });
  });

/** A Citus cluster with two workers, and etcd. */
export const startCitusLane: StartLane = () =>
  startLane(async (defer) => {
    const cluster = await startCitusCluster({ workers: 2 });
    defer("cluster", () => cluster.stop(), 30_000);
    return migrated({
      ORRERY_ENGINE: "citus",
      ORRERY_CITUS_URL: cluster.adminUrl,
      ORRERY_COLLECTION_SHARDS: "4",
      ...(await etcd(defer)),
    });
  });

async function startLane(
  startServers: (defer: Defer) => Promise<Readonly<Record<string, string>>>,
): Promise<Lane> {
  const { value, stop } = await withReleasers(async (defer) => {
    const coordinator = await startTestCoordinator({ ...SETTINGS, ...(await startServers(defer)) });
    defer("coordinator", () => coordinator.stop());
    return coordinator;
  });
  return { client: value.client, stop };
}

async function etcd(defer: Defer) {
  const server = await startEtcd();
  defer("etcd", () => server.stop());
  return { ORRERY_ETCD_ENDPOINTS: server.endpoints.join(",") };
}

async function migrated(env: Readonly<Record<string, string>>) {
  await migrateCluster(loadConfig({ env: { ...SETTINGS, ...env } }), silentLogger);
  return env;
}

/** Waits until the operation is finished, and returns it as it ended. */
export function finished(
  { client }: Pick<Lane, "client">,
  { id }: OperationMessage,
): Promise<OperationMessage> {
  return waitFor(
    async () => {
      const operation = await client.operation.getOperation({ id });
      return operation.endTime === null ? undefined : operation;
    },
    { what: `operation ${id} to end` },
  );
}
