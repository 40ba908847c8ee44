/**
 * The part of AbortSignal that a call and its stages use, so that each call can have one that costs next to
 * nothing. Every AbortSignal is one.
 */
export interface Cancellation {
  readonly aborted: boolean;
  /** Why; undefined before. */
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** One that whoever made it may abort. Listeners are called at most once, in the order they came. */
export class CallSignal implements Cancellation {
  #aborted = false;
  #reason: unknown;
  /** Most calls end without ever having more than one listener at a time. */
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

  /** Does nothing when aborted already, as with an AbortSignal. */
  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#aborted) return;
    // Behind others that are left it waits its turn, and is not taken twice.
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
    // A set that is walked leaves out what is taken from it meanwhile.
    for (const listener of this.#more ?? []) listener();
    this.#listener = undefined;
    this.#more = undefined;
  }
}

/** A real AbortSignal that aborts with `cancellation`, for those that need one. */
export function toAbortSignal(cancellation: Cancellation): AbortSignal {
  const controller = new AbortController();
  const onAbort = () => controller.abort(cancellation.reason);
  if (cancellation.aborted) onAbort();
  else cancellation.addEventListener("abort", onAbort, { once: true });
  return controller.signal;
}
