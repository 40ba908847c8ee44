/**
 * The part of AbortSignal that a call and its stages use, so that a call can have one at almost no cost.
 * Every AbortSignal is one.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why; undefined before. */
  readonly reason: unknown;
  /** When it will abort at the latest, as performance.now() counts; undefined: not known. */
  readonly deadlineMs?: number | undefined;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A Cancellation that its owner can abort. It calls listeners once, in the order they were added. */
export class CallSignal implements Cancellation {
  /** Set by its owner. */
  deadlineMs: number | undefined;
  #aborted = false;
  #reason: unknown;
  /** Most calls never have more than one listener at a time. */
  #listener: (() => void) | undefined;
  #more: Set<() => void> | undefined;

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  /** Does nothing when already aborted, as in an AbortSignal. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#aborted) return;
    // While others are left it goes behind them, and it is not added twice.
    if (this.#listener === undefined && !this.#more?.size) this.#listener = listener;
    else if (this.#listener !== listener) {
      this.#more ??= new Set();
      this.#more.add(listener);
    }
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    if (this.#listener === listener) this.#listener = undefined;
    else this.#more?.delete(listener);
  }

  /** The first reason stays. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#listener?.();
    // Iterating a set skips what is removed from it on the way.
    for (const listener of this.#more ?? []) listener();
    this.#listener = undefined;
    this.#more = undefined;
  }
}

/** A real AbortSignal that aborts with `cancellation`, for APIs that need one. */
export function toAbortSignal(cancellation: Cancellation): AbortSignal {
  const controller = new AbortController();
  const onAbort = () => controller.abort(cancellation.reason);
  if (cancellation.aborted) onAbort();
  else cancellation.addEventListener("abort", onAbort, { once: true });
  return controller.signal;
}
