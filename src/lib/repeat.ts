import { pause } from "./pause.ts";

/**
 * Runs `work` repeatedly, with a pause of `intervalMs` after each run, until `signal` aborts. Rejects as
 * soon as a run does.
 */
export async function repeat(
  work: () => Promise<void>,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(intervalMs, signal);
  }
}
