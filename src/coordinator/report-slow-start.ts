/** Says what a start is waiting for, should it take long. Part of the composition root. */
import type { Logger } from "../lib/logger.ts";

const INTERVAL_MS = 3_000;

export interface StartReport {
  /** What is done from now on. */
  readonly step: (what: string) => void;
  /** The start has ended, one way or the other. */
  readonly end: () => void;
}

/** Logs the step under way every three seconds. */
export function reportSlowStart(logger: Logger): StartReport {
  let step = "";
  const timer = setInterval(() => logger.info({ step }, "still starting"), INTERVAL_MS);
  return {
    step: (what) => {
      step = what;
    },
    end: () => clearInterval(timer),
  };
}
