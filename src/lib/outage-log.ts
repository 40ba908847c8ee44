/** Logs a recurring failure: when it begins, once a minute while it lasts, and when it is over. */
import type { Logger } from "./logger.ts";

const REPEAT_AFTER_MS = 60_000;

export interface OutageLog {
  failed(error: unknown): void;
  worked(): void;
}

/** `what` names what fails, as in `read the catalogs`. */
export function createOutageLog(logger: Logger, what: string, monotonicMs: () => number): OutageLog {
  let loggedAt: number | undefined;
  return {
    failed(error) {
      if (loggedAt !== undefined && monotonicMs() - loggedAt < REPEAT_AFTER_MS) return;
      loggedAt = monotonicMs();
      logger.warn({ err: error }, `cannot ${what}`);
    },
    worked() {
      if (loggedAt === undefined) return;
      loggedAt = undefined;
      logger.info({}, `can again ${what}`);
    },
  };
}
