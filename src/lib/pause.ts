import type { Cancellation } from "./cancellation.ts";

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: Cancellation): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
