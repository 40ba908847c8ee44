/** Logs a trouble that repeats: when it begins, once a minute while it lasts, and when it is over. */
import type { Logger } from "./logger.ts";

const REPEAT_AFTER_MS = 60_000;

export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

/** `what` names what fails, as in `read the catalogs`. `clock` counts milliseconds; only differences matter. */
export function createOutageLog(logger: Logger, what: string, clock: () => number): OutageLog {
  let loggedAt: number | undefined;
  return {
    failed(error) {
      if (loggedAt !== undefined && clock() - loggedAt < REPEAT_AFTER_MS) return;
      loggedAt = clock();
      logger.warn({ err: error }, `cannot ${what}`);
    },
    worked() {
      if (loggedAt === undefined) return;
      loggedAt = undefined;
      logger.info({}, `can again ${what}`);
    },
  };
}
