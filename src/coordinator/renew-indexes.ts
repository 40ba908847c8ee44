/** What a migration does after the schema is up to date. Part of the composition root. */
import type { Engine } from "../engines/engine.ts";
import type { Logger } from "../lib/logger.ts";

/**
 * Builds indexes of earlier versions anew, however long that takes; returns what was done, a sentence each.
 */
export async function renewIndexes(engine: Engine, logger: Logger): Promise<readonly string[]> {
  const renewed = await engine.renewIndexes(
    (sentence) => logger.info({}, sentence),
    new AbortController().signal,
  );
  return renewed.map((name) => `built the index of collection ${name} anew`);
}
