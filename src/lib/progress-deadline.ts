export interface ProgressLimits {
  /** The longest wait without progress, and what everybody has at first. */
  readonly timeoutMs: number;
  readonly minBytesPerSecond: number;
}

/**
 * A deadline that progress puts off: so many bytes, so much more time, never more than `timeoutMs` from now.
 * So what stands still ends after `timeoutMs`, whatever came before, and what comes at least as fast as
 * `minBytesPerSecond` never does. Milliseconds of any clock.
 */
export class ProgressDeadline {
  readonly #limits: ProgressLimits;
  #deadlineMs: number;

  constructor(limits: ProgressLimits, nowMs: number) {
    this.#limits = limits;
    this.#deadlineMs = nowMs + limits.timeoutMs;
  }

  progressed(bytes: number, nowMs: number): void {
    const { timeoutMs, minBytesPerSecond } = this.#limits;
    const earnedMs = (bytes * 1000) / minBytesPerSecond;
    this.#deadlineMs = Math.min(this.#deadlineMs + earnedMs, nowMs + timeoutMs);
  }

  /** Negative when it has passed. */
  leftMs(nowMs: number): number {
    return this.#deadlineMs - nowMs;
  }
}
