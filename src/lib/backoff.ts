/**
 * Milliseconds before retry number `attempt` (0: the first): doubles from `baseMs` up to `maxMs`, less up to
 * half of it by `random` (0 to 1), so that callers that failed together do not retry together.
 */
export function backoffMs(
  attempt: number,
  { baseMs, maxMs }: { readonly baseMs: number; readonly maxMs: number },
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(maxMs, baseMs * 2 ** attempt);
  return fullMs * (1 - random() / 2);
}
