/**
 * What a write may do with the time that its caller has left, so that its outcome is known at the end. Pure.
 */

/** For the server's word that nothing was written to arrive before the end. */
const RESERVED_SHARE = 0.5;
const MOST_RESERVED_MS = 150;
/**
 * A row is waited for twice: for its turn among those that wait for it, and for the transaction that has it.
 */
const WAITS_PER_ROW = 2;
/** A write that has waited longer than what it has left is sent with this at least. */
const LEAST_AFTER_WAIT_MS = 100;

/**
 * How long a write may wait for each lock, in milliseconds, where it has so little time that the session's
 * own `lock_timeout` (0: none) is too long; otherwise undefined.
 */
export function shorterLockTimeoutMs(leftMs: number, lockTimeoutMs: number): number | undefined {
  const reservedMs = Math.min(leftMs * RESERVED_SHARE, MOST_RESERVED_MS);
  const longestMs = Math.floor((leftMs - reservedMs) / WAITS_PER_ROW);
  if (longestMs === Number.POSITIVE_INFINITY || (lockTimeoutMs !== 0 && longestMs >= lockTimeoutMs))
    return undefined;
  return Math.max(1, longestMs);
}

/** True when a write has waited so long that it could hardly end in the time it has left. */
export function isTooLateToSend(leftMs: number, waitedMs: number): boolean {
  return leftMs < LEAST_AFTER_WAIT_MS && waitedMs > leftMs;
}
