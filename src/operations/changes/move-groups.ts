/**
 * Moves shard groups in order, as many at a time as `movesPerNode` allows on each node. Every move
 * improves the balance or empties a node, so stopping between two is safe.
 *
 * ```
 *   pending --its nodes are free--> over a limit, or unknown? --yes--> throttled --no longer--+
 *      |                                | no                                                 |
 *      |                                +------------> running <-----------------------------+
 *      | cancelled, window over                         |--> done
 *      +-----------------------------> cancelled <------+--> failed: no further one begins
 * ```
 */
import { pause } from "../../lib/pause.ts";
import { waitAtMost } from "../../lib/wait-at-most.ts";
import type { MoveOptions } from "../change-request.ts";
import type { JobContext } from "../job.ts";
import type { Obstacle } from "../move-limits.ts";
import { SCHEDULE } from "../observer.ts";
import type { MoveProgress } from "../types.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { moveGroup } from "./move-group.ts";
import { MoveList, type MoveListOptions } from "./move-list.ts";

const LIMIT_INTERVAL_MS = 1_000;

export interface MovesRequest extends MoveOptions {
  readonly moves: readonly MoveProgress[];
  /** No move begins after this, milliseconds since 1970. */
  readonly noMoveAfterMs?: number | undefined;
  /** The part of the operation's progress that these moves account for; default: all. */
  readonly share?: MoveListOptions["share"];
}

export interface MovesEnd {
  readonly done: number;
  /** Why it ended before its last move; undefined when it did not. */
  readonly stopped: "cancelled" | "window" | "limit" | undefined;
  readonly message: string;
}

/** Throws the error of the first move that failed, after those under way have ended. */
export async function moveGroups(
  deps: ChangeDeps,
  request: MovesRequest,
  context: JobContext,
): Promise<MovesEnd> {
  return new MoveRun(deps, request, context).run();
}

class MoveRun {
  readonly #deps: ChangeDeps;
  readonly #request: MovesRequest;
  readonly #context: JobContext;
  readonly #list: MoveList;
  readonly #throttle: Throttle;
  readonly #running = new Map<number, Promise<void>>();
  /** Cancels the moves under way. */
  readonly #stopping = new AbortController();
  #limitsReadAtMs = Number.NEGATIVE_INFINITY;
  #stopped: MovesEnd["stopped"];
  #message = "";
  #failure: unknown;

  constructor(deps: ChangeDeps, request: MovesRequest, context: JobContext) {
    this.#deps = deps;
    this.#request = request;
    this.#context = context;
    const { share = { from: 0, to: 1 } } = request;
    this.#list = new MoveList(request.moves, { report: context.report, epochMs: deps.epochMs, share });
    this.#throttle = new Throttle(deps, context, this.#list);
  }

  async run(): Promise<MovesEnd> {
    const { operation } = this.#context;
    try {
      while (await this.#step());
    } finally {
      this.#deps.observer.movesResumed(operation.id);
    }
    this.#list.cancelOpen();
    if (this.#failure !== undefined) throw this.#failure;
    const { done } = this.#list;
    // A stop that came after the last move changed nothing.
    if (done === this.#list.length) return { done, stopped: undefined, message: "" };
    return { done, stopped: this.#stopped, message: this.#message };
  }

  /** Begins a move, or waits a little; false when none runs and none is left to begin. */
  async #step(): Promise<boolean> {
    const { signal, cancelled } = this.#context;
    signal.throwIfAborted();
    if (cancelled.aborted) this.#stop("cancelled", "");
    // An earlier leader began it and its statement may still run, so finish it even if the rest are stopped.
    const begun = this.#list.firstBegun(this.#running);
    const fresh = begun === undefined ? this.#next() : undefined;
    if (fresh !== undefined && this.#isWindowOver()) {
      this.#stop("window", "the window for moves is over");
      this.#deps.observer.movesThrottled({ by: SCHEDULE, reason: "window" });
      return true;
    }
    if (!(await this.#isWithinLimits(fresh))) return true;
    const index = begun ?? fresh;
    if (index !== undefined) {
      this.#throttle.resume();
      this.#running.set(index, this.#move(index));
      return true;
    }
    if (this.#running.size === 0) return false;
    await waitAtMost(Promise.race(this.#running.values()), LIMIT_INTERVAL_MS, signal);
    return true;
  }

  /** The next one in order when its nodes are free; a later one does not overtake it. */
  #next(): number | undefined {
    if (this.#stopped !== undefined || this.#failure !== undefined) return undefined;
    const index = this.#list.firstOpen(this.#running);
    if (index === undefined) return undefined;
    const { source, target } = this.#list.at(index);
    const touching = (node: string) =>
      [...this.#running.keys()]
        .map((at) => this.#list.at(at))
        .filter((move) => move.source === node || move.target === node).length;
    const isFree = [source, target].every((node) => touching(node) < this.#request.movesPerNode);
    return isFree ? index : undefined;
  }

  #isWindowOver(): boolean {
    return this.#deps.epochMs() > (this.#request.noMoveAfterMs ?? Number.POSITIVE_INFINITY);
  }

  /**
   * False after it has stopped the moves, or throttled `fresh` (the move that is to begin) and waited. With
   * `abortOnSlo` the limits are read from time to time, also when none is to begin.
   */
  async #isWithinLimits(fresh: number | undefined): Promise<boolean> {
    const { epochMs, limits } = this.#deps;
    const { signal, cancelled } = this.#context;
    const { abortOnSlo } = this.#request;
    if (fresh === undefined && !(abortOnSlo && epochMs() - this.#limitsReadAtMs > LIMIT_INTERVAL_MS)) {
      return true;
    }
    this.#limitsReadAtMs = epochMs();
    const obstacle = await limits.obstacle(signal);
    if (obstacle?.kind === "over" && abortOnSlo) {
      this.#stop("limit", obstacle.reason);
      return false;
    }
    if (obstacle === undefined || fresh === undefined) return true;
    this.#throttle.report(fresh, obstacle);
    await pause(LIMIT_INTERVAL_MS, AbortSignal.any([signal, cancelled]));
    return false;
  }

  #stop(why: NonNullable<MovesEnd["stopped"]>, text: string): void {
    this.#stopped ??= why;
    this.#message ||= text;
    // Shown while the moves that are too near their end to be cancelled go on.
    if (this.#message !== "") this.#context.report({ message: this.#message });
    if (why !== "window") this.#stopping.abort();
  }

  async #move(index: number): Promise<void> {
    const { epochMs } = this.#deps;
    const group = {
      number: index,
      move: this.#list.at(index),
      blockWrites: this.#request.transferMode === "block_writes",
      cancelled: this.#stopping.signal,
      report: (progress: Partial<MoveProgress>) => this.#list.change(index, progress),
    };
    try {
      const state = await moveGroup(this.#deps, group, this.#context);
      const end = { state, phase: "", finishedAtMs: epochMs() } as const;
      this.#list.change(index, { ...end, ...(state === "done" && { fraction: 1 }) });
    } catch (error) {
      if (this.#context.signal.aborted) return;
      this.#failure ??= error;
      this.#list.change(index, { state: "failed", phase: "", finishedAtMs: epochMs() });
    } finally {
      this.#running.delete(index);
    }
  }
}

/** Says that moves are throttled, and why: to the observer, the log and the operation's record. */
class Throttle {
  readonly #deps: Pick<ChangeDeps, "observer" | "logger">;
  readonly #context: JobContext;
  readonly #list: MoveList;
  #obstacle: Obstacle | undefined;

  constructor(deps: Pick<ChangeDeps, "observer" | "logger">, context: JobContext, list: MoveList) {
    this.#deps = deps;
    this.#context = context;
    this.#list = list;
  }

  /** Writes only what has changed, so that the record of an operation stuck in throttling stops changing. */
  report(index: number, obstacle: Obstacle): void {
    const { observer, logger } = this.#deps;
    const { id: operation } = this.#context.operation;
    const { kind, reason } = obstacle;
    observer.movesThrottled({ by: operation, reason: kind === "over" ? obstacle.limit : kind });
    if (this.#obstacle?.kind !== kind) logger.warn({ operation }, `moves are throttled: ${reason}`);
    if (this.#list.at(index).state !== "throttled") this.#list.change(index, { state: "throttled" });
    if (this.#obstacle?.reason !== reason) {
      this.#context.report({ message: `further moves are throttled: ${reason}` });
    }
    this.#obstacle = obstacle;
  }

  resume(): void {
    const { id: operation } = this.#context.operation;
    if (this.#obstacle !== undefined) this.#deps.logger.info({ operation }, "moves go on");
    this.#obstacle = undefined;
    this.#deps.observer.movesResumed(operation);
    this.#context.report({ message: "" });
  }
}
