/** Lets a bounded number of jobs run at once and a bounded number wait, first come first served. */
import type { Cancellation } from "./cancellation.ts";

export interface Limiter {
  /** A function that frees the slot (call it exactly once); undefined when no slot is free. */
  tryAcquire(): (() => void) | undefined;
  /**
   * Resolves with a function that frees the slot (call it exactly once). Rejects with `full()` when
   * the queue is full, and with the signal's reason when it aborts while waiting.
   */
  acquire(signal: Cancellation): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

interface Waiter {
  readonly start: () => void;
}

export function createLimiter(limits: {
  readonly max: number;
  readonly queue: number;
  readonly full: () => Error;
}): Limiter {
  let running = 0;
  const waiters = new Set<Waiter>();

  const release = () => {
    const [next] = waiters;
    if (next === undefined) {
      running -= 1;
      return;
    }
    waiters.delete(next);
    next.start();
  };

  const tryAcquire = () => {
    if (running >= limits.max) return undefined;
    running += 1;
    return release;
  };

  return {
    get running() {
      return running;
    },
    get waiting() {
      return waiters.size;
    },
    tryAcquire,
    acquire(signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const free = tryAcquire();
      if (free !== undefined) return Promise.resolve(free);
      if (waiters.size >= limits.queue) return Promise.reject(limits.full());
      return new Promise((resolve, reject) => {
        const onAbort = () => {
          waiters.delete(waiter);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          start: () => {
            signal.removeEventListener("abort", onAbort);
            resolve(release);
          },
        };
        waiters.add(waiter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
