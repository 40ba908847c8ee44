/** Periodic work of a coordinator. Part of the composition root. */
import { isOrreryError } from "../errors.ts";
import type { Defer } from "../lib/releasers.ts";

/**
 * Runs `job` every `everyMs`, one run at a time, until released. `job` logs its own errors; an OrreryError
 * that it throws is ignored.
 */
export function runPeriodically(
  defer: Defer,
  { name, everyMs }: { readonly name: string; readonly everyMs: number },
  job: () => Promise<void>,
): void {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= job()
      .catch((error: unknown) => {
        if (!isOrreryError(error)) throw error;
      })
      .finally(() => {
        running = undefined;
      });
  }, everyMs);
  defer(name, async () => {
    clearInterval(timer);
    await running;
  });
}
