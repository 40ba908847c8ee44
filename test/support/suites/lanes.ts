/** What the shared suites run on: each engine with one in-process coordinator over real servers. */

import { afterAll, beforeAll } from "vitest";
import type { Logger } from "../../../src/lib/logger.ts";
import { type Defer, withReleasers } from "../../../src/lib/releasers.ts";
import { startCitusCluster } from "../citus-cluster.ts";
import { runMigrate, startTestCoordinator, type TestCoordinator } from "../coordinator.ts";
import { startEtcd } from "../etcd-server.ts";
import { startPostgres } from "../postgres-server.ts";

export interface Lane extends Pick<TestCoordinator, "client" | "series"> {
  /** On every server; undefined where there are none. */
  readonly sql?: (text: string) => Promise<readonly (readonly Readonly<Record<string, unknown>>[])[]>;
  stop(): Promise<void>;
}

export interface LaneOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly logger?: Logger;
}

export type StartLane = (options?: LaneOptions) => Promise<Lane>;

/**
 * Starts the lane before the tests of a file and stops it after them; returns a function that gives it.
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
export const startEmbeddedLane: StartLane = (options) =>
  startLane(async () => ({ env: { ORRERY_EMBEDDED_NODES: "2" } }), options);

/** Two PostgreSQL servers, and etcd. */
export const startPostgresLane: StartLane = (options) =>
  startLane(async (defer) => {
    const servers = await Promise.all([startPostgres(), startPostgres()]);
    defer("servers", () => Promise.all(servers.map((server) => server.stop())));
    const env = await migrated({
      ORRERY_ENGINE: "postgres",
      ORRERY_POSTGRES_URLS: servers.map((server) => server.url()).join(","),
      ...(await etcd(defer)),
    });
    return { env, sql: (text) => Promise.all(servers.map((server) => server.sql(text))) };
  }, options);

/** One server that has no other way than the index to find rows in order, however few there are. */
export const startIndexOnlyLane: StartLane = () =>
  startLane(async (defer) => {
    const server = await startPostgres({ settings: { enable_seqscan: "off", enable_sort: "off" } });
    defer("server", () => server.stop());
    const env = await migrated({
      ORRERY_ENGINE: "postgres",
      ORRERY_POSTGRES_URLS: server.url(),
      ORRERY_COLLECTION_SHARDS: "2",
      ORRERY_QUERY_EXACT_MAX_ROWS: "0",
    });
    return { env };
  });

/** A Citus cluster with two workers, and etcd. */
export const startCitusLane: StartLane = (options) =>
  startLane(async (defer) => {
    const cluster = await startCitusCluster({ workers: 2 });
    defer("cluster", () => cluster.stop(), 30_000);
    const env = await migrated({
      ORRERY_ENGINE: "citus",
      ORRERY_CITUS_URL: cluster.adminUrl,
      ORRERY_COLLECTION_SHARDS: "4",
      ...(await etcd(defer)),
    });
    return { env, sql: async (text) => [await cluster.sql(text)] };
  }, options);

interface Servers extends Pick<Lane, "sql"> {
  readonly env: Readonly<Record<string, string>>;
}

async function startLane(
  startServers: (defer: Defer) => Promise<Servers>,
  { env: extra = {}, logger }: LaneOptions = {},
): Promise<Lane> {
  const { value, stop } = await withReleasers(async (defer) => {
    const { env, sql } = await startServers(defer);
    const coordinator = await startTestCoordinator({ ...SETTINGS, ...env, ...extra }, logger);
    defer("coordinator", () => coordinator.stop());
    const { client, series } = coordinator;
    return { client, series, ...(sql && { sql }) };
  });
  return { ...value, stop };
}

async function etcd(defer: Defer) {
  const server = await startEtcd();
  defer("etcd", () => server.stop());
  return { ORRERY_ETCD_ENDPOINTS: server.endpoints.join(",") };
}

async function migrated(env: Readonly<Record<string, string>>) {
  await runMigrate({ ...SETTINGS, ...env });
  return env;
}
