/**
 * The moves of one operation, in order, and how far each is; every change goes into the operation's record.
 */
import type { JobProgress } from "../job.ts";
import type { MoveProgress } from "../types.ts";
import { estimateEndMs, fractionOf } from "./move-progress.ts";

export interface MoveListOptions {
  readonly report: (progress: JobProgress) => void;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  /** The part of the operation's fraction that all moves make up, each from 0 to 1. */
  readonly share: { readonly from: number; readonly to: number };
}

export class MoveList {
  readonly #moves: MoveProgress[];
  readonly #options: MoveListOptions;

  /** What an earlier leader saw fail, or gave up, is pending again. */
  constructor(moves: readonly MoveProgress[], options: MoveListOptions) {
    this.#moves = moves.map((move) => ({
      ...move,
      ...(move.state !== "done" && move.state !== "running" && { state: "pending" as const }),
    }));
    this.#options = options;
  }

  get length(): number {
    return this.#moves.length;
  }

  get done(): number {
    return this.#moves.filter(({ state }) => state === "done").length;
  }

  at(index: number): MoveProgress {
    return this.#moves[index] as MoveProgress;
  }

  change(index: number, progress: Partial<MoveProgress>): void {
    const { report, epochMs, share } = this.#options;
    this.#moves[index] = { ...this.at(index), ...progress };
    const estimatedEndMs = estimateEndMs(this.#moves, epochMs());
    report({
      moves: [...this.#moves],
      fraction: share.from + (share.to - share.from) * fractionOf(this.#moves),
      ...(estimatedEndMs !== undefined && { estimatedEndMs }),
    });
  }

  /** The first that has not ended and is not in `except`; undefined when there is none. */
  firstOpen(except: ReadonlyMap<number, unknown>): number | undefined {
    return this.#first((state, index) => isOpen(state) && !except.has(index));
  }

  /** The first that is running by the record, and not in `except`: an earlier leader has begun it. */
  firstBegun(except: ReadonlyMap<number, unknown>): number | undefined {
    return this.#first((state, index) => state === "running" && !except.has(index));
  }

  cancelOpen(): void {
    this.#moves.forEach(({ state }, index) => {
      if (isOpen(state)) this.change(index, { state: "cancelled", phase: "" });
    });
  }

  #first(matches: (state: MoveProgress["state"], index: number) => boolean): number | undefined {
    const index = this.#moves.findIndex(({ state }, at) => matches(state, at));
    return index < 0 ? undefined : index;
  }
}

function isOpen(state: MoveProgress["state"]): boolean {
  return state === "pending" || state === "throttled" || state === "running";
}
