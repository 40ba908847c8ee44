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
