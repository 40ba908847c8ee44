import type { Cancellation } from "./cancellation.ts";

/**
 * Resolves when `work` has, after `ms`, or as soon as `signal` aborts, and leaves nothing behind. Rejects
 * when `work` does before that.
 */
export function waitAtMost(work: Promise<unknown>, ms: number, signal: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    };
    const end = () => {
      forget();
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    work.then(end, (error: unknown) => {
      forget();
      reject(error);
    });
  });
}
