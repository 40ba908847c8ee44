/**
 * Milliseconds before attempt number `attempt` (0: the first repetition): doubles from `baseMs` up to
 * `maxMs`, less up to half of it by `random` (0 to 1), so that many who failed together do not come back
 * together.
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** attempt);
  return fullMs * (1 - random() / 2);
}
