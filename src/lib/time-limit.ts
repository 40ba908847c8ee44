import { setMaxListeners } from "node:events";
import type { Cancellation } from "./cancellation.ts";

/** A signal that also aborts after `ms`, with the error `reason()`. Call `clear` when done. */
export function withTimeLimit(
  signal: Cancellation,
  ms: number,
  reason: () => Error,
): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(reason()), ms);
  const onAbort = () => controller.abort(signal.reason);
  // As many limits are on one signal as nodes are asked at once; each leaves when it is cleared.
  if (signal instanceof AbortSignal) setMaxListeners(0, signal);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

export interface RunLimit {
  readonly ms: number;
  /** The error that the signal aborts with after `ms`. */
  readonly reason: () => Error;
  /** Aborts it as well, with its own reason. */
  readonly signal?: Cancellation;
}

/** The result of `run`, which must end when the signal it gets aborts. */
export async function runWithin<T>(
  { ms, reason, signal = new AbortController().signal }: RunLimit,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = withTimeLimit(signal, ms, reason);
  try {
    return await run(limit.signal);
  } finally {
    limit.clear();
  }
}
