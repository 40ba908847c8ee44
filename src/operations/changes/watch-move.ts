/** Follows the move of a shard group while its statement runs. */
import type { ShardSize } from "../../engines/placement-changes.ts";
import { isOrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import type { MovePhase, MoveProgress } from "../types.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { progressOf } from "./move-progress.ts";

const INTERVAL_MS = 500;

export interface WatchedMove {
  readonly move: MoveProgress;
  /** The shard's table. */
  readonly relation: string;
  /** undefined: it is on the target already. */
  readonly size: ShardSize | undefined;
  readonly report: (progress: Partial<MoveProgress>) => void;
}

/** What the long phases took so far. */
export interface PhaseTimes {
  readonly copyMs: number;
  readonly indexMs: number;
}

export interface MoveWatch {
  /** False while the phase is unknown, and when the move is so near its end that cancelling takes longer. */
  readonly mayCancel: () => boolean;
  readonly spent: PhaseTimes;
  /** Resolves after the signal has aborted. */
  readonly ended: Promise<void>;
}

/**
 * Reports bytes and phase until `signal` aborts, adds up what each long phase takes, and has the target
 * analysed once its rows are there: without statistics its first searches after the cut-over would compare
 * all rows. If that fails nothing is lost: it is done again after the cut-over.
 */
export function watchMove(
  { changes, epochMs }: Pick<ChangeDeps, "changes" | "epochMs">,
  { move, relation, size, report }: WatchedMove,
  signal: AbortSignal,
): MoveWatch {
  /** undefined: not known yet. */
  let phase: MovePhase | undefined;
  let analysing: Promise<void> | undefined;
  const spent = { copyMs: 0, indexMs: 0 };
  const copyBytes = size === undefined ? 0 : size.bytes - size.indexBytes;
  const passOver = (error: unknown) => {
    if (!signal.aborted && !isOrreryError(error)) throw error;
  };
  const sample = async () => {
    const transfer = (await changes.transfers(signal)).find(({ shard }) => shard === move.shard);
    if (transfer === undefined) {
      phase ??= "set up";
      return;
    }
    const building = progressOf(transfer, { copyBytes }).phase === "build indexes";
    const indexBuild = building ? await changes.indexBuild(move.target, relation, signal) : undefined;
    const progress = progressOf(transfer, { indexBuild, copyBytes });
    phase = progress.phase;
    report(progress);
    if (isCopied(phase)) analysing ??= changes.analyse(move.target, [relation], signal).catch(passOver);
  };
  const run = async () => {
    for (let before = epochMs(); !signal.aborted; ) {
      // The next sample makes up for one that failed.
      await sample().catch(passOver);
      await pause(INTERVAL_MS, signal);
      const now = epochMs();
      if (phase === "copy") spent.copyMs += now - before;
      if (phase === "build indexes") spent.indexMs += now - before;
      before = now;
    }
  };
  const mayCancel = () => phase !== undefined && phase !== "final catch-up" && phase !== "cut over";
  return { mayCancel, spent, ended: run().then(() => analysing) };
}

/** The rows are there. To analyse while catching up is best: an index build and ANALYZE block each other. */
function isCopied(phase: MovePhase): boolean {
  return phase === "catch up" || phase === "build indexes" || phase === "final catch-up";
}
