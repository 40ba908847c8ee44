/** `orrery migrate`. Part of the composition root. */
import type { Config } from "../config/load.ts";
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { withReleasers } from "../lib/releasers.ts";
import { runWithin } from "../lib/time-limit.ts";
import { TurnQueue } from "../lib/turns.ts";
import { EMPTY_MAP } from "../topology/shard-map.ts";
import { renewIndexes } from "./renew-indexes.ts";
import { startStorage } from "./start-storage.ts";

const LIMIT_MS = 600_000;

/** Brings the schema of the cluster up to date; returns what was applied, a sentence each. */
export async function migrateCluster(config: Config, logger: Logger): Promise<readonly string[]> {
  const reason = () =>
    new OrreryError("NODE_UNAVAILABLE", `the schema could not be brought up to date in ${LIMIT_MS} ms`);
  const { value, stop } = await withReleasers(async (defer) => {
    const step = () => {};
    const turns = new TurnQueue();
    const { engine } = await startStorage({ config, map: () => EMPTY_MAP, logger, turns, step, defer });
    const done = await runWithin({ ms: LIMIT_MS, reason }, async (signal) => {
      const versions = await engine.migrate(signal);
      const repaired = (await engine.repairNodes?.(signal)) ?? [];
      return [...versions.map((version) => `applied version ${version}`), ...repaired];
    });
    return [...done, ...(await renewIndexes(engine, logger))];
  });
  await stop();
  return value;
}
