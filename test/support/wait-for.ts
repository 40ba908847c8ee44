import { setTimeout as sleep } from "node:timers/promises";

/**
 * Polls until `condition` gives a value other than undefined, null and false, and returns it. An error it
 * throws counts as "not yet" and becomes the cause of the time-out error, which names `what`.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeoutMs = 30_000, intervalMs = 20, what }: { timeoutMs?: number; intervalMs?: number; what: string },
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) {
        return value as NonNullable<Exclude<T, false>>;
      }
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause });
    }
    await sleep(intervalMs);
  }
}
