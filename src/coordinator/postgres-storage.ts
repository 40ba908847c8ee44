/** Storage on plain PostgreSQL servers. Part of the composition root. */
import { createServerLock } from "../engines/fixed/catalog-lock.ts";
import { CATALOG_GROUP, type FixedNodes } from "../engines/fixed/nodes.ts";
import { createServerBuilds } from "../engines/fixed/server-builds.ts";
import { refuseTwins } from "../engines/fixed/twins.ts";
import type { AdminOptions } from "../shards/pg/admin-session.ts";
import { createPgDriver } from "../shards/pg/pg-driver.ts";
import { createFixedStorage } from "./fixed-storage.ts";
import {
  catalogPool,
  monitorPool,
  poolSettings,
  type Storage,
  type StorageOptions,
  upkeepPool,
} from "./storage.ts";

/**
 * Throws CONFIG_INVALID for nodes that are one server, or a copy of another. Whether one that does not answer
 * now is, the leader finds out later.
 */
export async function startPostgresStorage(options: StorageOptions): Promise<Storage> {
  const { config, turns, step, defer } = options;
  const { connectTimeoutMs } = config.pool;
  const configured = config.postgres.urls.map((url, index) => {
    const name = new URL(url).host;
    // Also before a node can say who it is, and for migrations.
    const pool = catalogPool(config);
    const setting = `postgres.urls[${index}]`;
    return { name, setting, url, driver: createPgDriver({ node: name, url, pool, random: Math.random }) };
  });
  const adminOf =
    (nodes: FixedNodes<(typeof configured)[number]>) =>
    async (group: number, signal: AbortSignal): Promise<AdminOptions> => {
      const { name, url } = await nodes.nodeOf(group, signal);
      return { node: name, url, connectTimeoutMs };
    };
  defer("connections to the nodes", () => Promise.all(configured.map(({ driver }) => driver.close())));
  step("asking the nodes who they are");
  await refuseTwins(configured, AbortSignal.timeout(connectTimeoutMs));
  return createFixedStorage("postgres", options, configured, {
    open: ({ name, url }, verify) =>
      createPgDriver({ node: name, url, pool: poolSettings(config), verify, turns, random: Math.random }),
    upkeep: ({ name, url }, verify) =>
      createPgDriver({ node: name, url, pool: upkeepPool(config), verify, random: Math.random }),
    monitor: ({ name, url }) =>
      createPgDriver({ node: name, url, pool: monitorPool(config), random: Math.random }),
    lock: (nodes) => createServerLock((signal) => adminOf(nodes)(CATALOG_GROUP, signal)),
    builds: (nodes) => createServerBuilds(nodes, adminOf(nodes)),
  });
}
