/** What a move will cost, from how moves on this cluster went. Pure. */
import type { MoveRates, NodeInventory, ShardGroup } from "./cluster-inventory.ts";
import type { PlannedMove } from "./rebalance-plan.ts";

/** For clusters that have not moved anything yet: cautious figures for small servers. */
export const ASSUMED_RATES: MoveRates = {
  copyBytesPerSecond: 20_000_000,
  indexBytesPerSecond: 4_000_000,
  overheadSeconds: 3,
  measuredMoves: 0,
};

export type MoveEstimate = Pick<
  PlannedMove,
  "bytes" | "copyBytes" | "rows" | "copySeconds" | "indexSeconds" | "walKeptBytes"
>;

/**
 * The source keeps its write-ahead log from the first row until the target has caught up after the last
 * index.
 */
export function estimateMove(
  { bytes, indexBytes, rows }: ShardGroup,
  source: Pick<NodeInventory, "walBytesPerSecond"> | undefined,
  rates: MoveRates,
): MoveEstimate {
  const copyBytes = bytes - indexBytes;
  const copySeconds = copyBytes / rates.copyBytesPerSecond;
  const indexSeconds = indexBytes / rates.indexBytesPerSecond;
  const seconds = copySeconds + indexSeconds + rates.overheadSeconds;
  return {
    bytes,
    copyBytes,
    rows,
    copySeconds,
    indexSeconds,
    walKeptBytes: (source?.walBytesPerSecond ?? 0) * seconds,
  };
}

/** Seconds until the last move is done, started in this order, with one move at a time on each node. */
export function estimateTotalSeconds(
  moves: readonly Pick<PlannedMove, "source" | "target" | "copySeconds" | "indexSeconds">[],
  { overheadSeconds }: MoveRates,
): number {
  const freeAt = new Map<string, number>();
  for (const { source, target, copySeconds, indexSeconds } of moves) {
    const start = Math.max(freeAt.get(source) ?? 0, freeAt.get(target) ?? 0);
    const end = start + copySeconds + indexSeconds + overheadSeconds;
    freeAt.set(source, end).set(target, end);
  }
  return Math.max(0, ...freeAt.values());
}
