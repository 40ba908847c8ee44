/** How fast nodes write their write-ahead log, measured between readings. */
import type { WalPosition } from "./sql/wal-position.ts";

/** Shorter intervals say little about how much a node writes. */
const MIN_INTERVAL_MS = 2_000;

/**
 * A function that gives the bytes per second of a node since its last reading, or its long-term average where
 * there is none to compare with. It remembers how far each node's log was.
 */
export function createWalRates(monotonicMs: () => number): (node: string, wal: WalPosition) => number {
  const lastPositions = new Map<string, { readonly position: number; readonly atMs: number }>();
  return (node, { position, bytesPerSecond }) => {
    const now = { position, atMs: monotonicMs() };
    const last = lastPositions.get(node);
    if (last !== undefined && now.atMs - last.atMs < MIN_INTERVAL_MS) return bytesPerSecond;
    lastPositions.set(node, now);
    if (last === undefined) return bytesPerSecond;
    // A log that begins anew, after a fail-over, says nothing yet.
    return Math.max(0, ((now.position - last.position) / (now.atMs - last.atMs)) * 1000);
  };
}
