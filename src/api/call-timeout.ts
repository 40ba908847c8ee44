export interface DeadlineLimits {
  /** For calls that set no deadline. */
  readonly defaultDeadlineMs: number;
  readonly maxDeadlineMs: number;
}

/**
 * Taken from the client's deadline to get the answer, or the error with its details, back before the client
 * gives up.
 */
const RESERVE = { share: 0.05, maxMs: 100 } as const;

/**
 * How long a call may take. `deadlineMs` and `nowMs` are since 1970; the deadline is Infinity when none is
 * set.
 */
export function callTimeoutMs(
  deadlineMs: number,
  nowMs: number,
  { defaultDeadlineMs, maxDeadlineMs }: DeadlineLimits,
): number {
  if (deadlineMs === Number.POSITIVE_INFINITY) return defaultDeadlineMs;
  const leftMs = Math.max(0, deadlineMs - nowMs);
  return Math.min(maxDeadlineMs, Math.round(leftMs - Math.min(leftMs * RESERVE.share, RESERVE.maxMs)));
}
