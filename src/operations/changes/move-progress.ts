/** How far the move of a shard group is, from what the engine reports. Pure. */
import type { Transfer } from "../../engines/placement-changes.ts";
import type { MovePhase, MoveProgress } from "../types.ts";

/** What part of a move is done when a phase begins; copying and building are the long ones. */
const BEGINS: Readonly<Record<MovePhase, number>> = {
  "": 0,
  "set up": 0,
  copy: 0.02,
  "catch up": 0.4,
  "build indexes": 0.42,
  "final catch-up": 0.93,
  "cut over": 0.95,
  analyse: 0.97,
};

/** `indexBuild`: 0 to 1. `copyBytes`: what is copied. */
export function progressOf(
  transfer: Transfer,
  { indexBuild = 0, copyBytes }: { readonly indexBuild?: number | undefined; readonly copyBytes: number },
): Pick<MoveProgress, "phase" | "fraction" | "bytesDone"> {
  const { phase } = transfer;
  const copied = copyBytes === 0 ? 1 : Math.min(1, transfer.targetBytes / copyBytes);
  const within =
    phase === "copy"
      ? copied * (BEGINS["catch up"] - BEGINS.copy)
      : phase === "build indexes"
        ? indexBuild * (BEGINS["final catch-up"] - BEGINS["build indexes"])
        : 0;
  return { phase, fraction: BEGINS[phase] + within, bytesDone: transfer.targetBytes };
}

/** Of a whole operation, by the bytes of its moves; a move of no bytes counts like a small one. */
export function fractionOf(moves: readonly MoveProgress[]): number {
  const weight = ({ bytesTotal }: MoveProgress) => Math.max(bytesTotal, 1_000_000);
  const total = moves.reduce((sum, move) => sum + weight(move), 0);
  const done = moves.reduce((sum, move) => sum + weight(move) * move.fraction, 0);
  return total === 0 ? 1 : done / total;
}

/** Below this nothing can be said about how long the rest takes. */
const MIN_FRACTION = 0.03;

/**
 * When the moves are likely to end, milliseconds since 1970, if they go on as they have; undefined near the
 * beginning.
 */
export function estimateEndMs(moves: readonly MoveProgress[], nowMs: number): number | undefined {
  const startedAtMs = Math.min(...moves.flatMap((move) => move.startedAtMs ?? []));
  const fraction = fractionOf(moves);
  if (!Number.isFinite(startedAtMs) || fraction < MIN_FRACTION) return undefined;
  return Math.round(startedAtMs + (nowMs - startedAtMs) / fraction);
}
