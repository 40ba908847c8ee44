/** When a process that serves ends. */
import type { EventEmitter } from "node:events";
import type { Logger } from "../lib/logger.ts";

type Life = Pick<EventEmitter, "on"> & { exit(code: number): void };

/** Resolves at the first SIGTERM or SIGINT; at the second one the process exits at once. */
export function stopRequested(logger: Logger, life: Life = process): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGTERM", "SIGINT"]) {
      life.on(signal, () => {
        if (asked) life.exit(1);
        asked = true;
        logger.info({ signal }, "stopping; a second signal stops at once");
        resolve();
      });
    }
  });
}

/** After an uncaught error the state is unknown: it is logged, and the process exits with 1. */
export function exitOnUncaught(logger: Logger, life: Life = process): void {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    life.on(event, (err: unknown) => {
      logger.error({ err }, "uncaught error");
      life.exit(1);
    });
  }
}
