import type { Cancellation } from "./cancellation.ts";

/** `promise`, or a rejection with the signal's reason as soon as it aborts; the work itself goes on. */
export function raceAbort<T>(promise: Promise<T>, signal: Cancellation): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
