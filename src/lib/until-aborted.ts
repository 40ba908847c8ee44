import type { Cancellation } from "./cancellation.ts";

/** Resolves when `signal` aborts. */
export function untilAborted(signal: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
