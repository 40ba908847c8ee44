/** Storage inside this process: PGlite in worker threads. Part of the composition root. */
import { startUpkeep } from "../engines/fixed/upkeep.ts";
import { OrreryError } from "../errors.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { PooledDriver } from "../shards/node-pools.ts";
import { startPgliteNodes } from "../shards/pglite/pglite-nodes.ts";
import { PLANNER_SETTINGS } from "../shards/planner-settings.ts";
import { createFixedStorage } from "./fixed-storage.ts";
import { renewIndexes } from "./renew-indexes.ts";
import type { Storage, StorageOptions } from "./storage.ts";

const MIGRATION_MS = 60_000;
const UPKEEP_INTERVAL_MS = 30_000;

const notMigrated = () =>
  new OrreryError("NODE_UNAVAILABLE", `the embedded nodes were not ready in ${MIGRATION_MS} ms`);

/** Resolves when the nodes run and are migrated. */
export async function startEmbeddedStorage(options: StorageOptions): Promise<Storage> {
  const { config, logger, step, defer } = options;
  step(`opening the databases of ${config.embedded.nodes} embedded nodes`);
  const started = await startPgliteNodes({
    count: config.embedded.nodes,
    dataFolder: config.embedded.data,
    settings: {
      ...PLANNER_SETTINGS,
      work_mem: config.pool.workMem,
      "hnsw.max_scan_tuples": String(config.pool.maxScanTuples),
    },
    limits: { ...config.pool, max: 1 },
  });
  defer("embedded nodes", () => Promise.all(started.map(({ driver }) => driver.close())));
  // The nodes outlive the map, and were identified when they were migrated.
  const open = ({ driver }: (typeof started)[number]): PooledDriver => ({
    run: (statement, runOptions) => driver.run(statement, runOptions),
    retireConnections() {},
    connections: () => driver.connections(),
    async close() {},
  });
  const storage = createFixedStorage("embedded", options, started, { open, upkeep: open, monitor: open });
  step("bringing the schema of the embedded nodes up to date");
  await runWithin({ ms: MIGRATION_MS, reason: notMigrated }, (signal) => storage.engine.migrate(signal));
  await renewIndexes(storage.engine, logger);
  const upkeep = startUpkeep({ nodes: started, intervalMs: UPKEEP_INTERVAL_MS, logger });
  defer("upkeep", () => upkeep.close());
  return storage;
}
