/**
 * Moves shard groups in order, so many at a time that no node is touched by more than it should. Every move
 * improves the balance or empties a node, so stopping between two is safe.
 *
 * ```
 *   pending --its nodes are free--> over a limit, or nobody can say? --yes--> throttled --no longer--+
 *      |                                | no                                                         |
 *      |                                +------------> running <-------------------------------------+
 *      | cancelled, window over                         |--> done
 *      +-----------------------------> cancelled <------+--> failed: no further one begins
 * ```
 */
import { pause } from "../../lib/pause.ts";
import type { TransferMode } from "../cluster-admin-api.ts";
import type { JobContext } from "../job.ts";
import type { Obstacle } from "../move-limits.ts";
import { SCHEDULE } from "../observer.ts";
import type { MoveProgress } from "../types.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { moveGroup } from "./move-group.ts";
import { estimateEndMs, fractionOf } from "./move-progress.ts";

const LIMIT_INTERVAL_MS = 1_000;

export interface MovesRequest {
  readonly moves: readonly MoveProgress[];
  readonly transferMode: TransferMode;
  readonly movesPerNode: number;
  readonly abortOnSlo: boolean;
  /** No move begins after this, milliseconds since 1970. */
  readonly noMoveAfterMs?: number | undefined;
  /** Of the operation's progress, what all moves make up. Default: all of it. */
  readonly share?: { readonly from: number; readonly to: number };
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
  const { epochMs, limits } = deps;
  const { signal, cancelled } = context;
  const { from, to } = request.share ?? { from: 0, to: 1 };
  // What an earlier leader saw fail, or gave up, is tried again.
  const moves = request.moves.map((move) => ({
    ...move,
    ...(move.state !== "done" && move.state !== "running" && { state: "pending" as const }),
  }));
  const running = new Map<number, Promise<void>>();
  const stopping = new AbortController();
  let stopped: MovesEnd["stopped"];
  let message = "";
  let failure: unknown;

  const change = (index: number, progress: Partial<MoveProgress>) => {
    moves[index] = { ...(moves[index] as MoveProgress), ...progress };
    const estimatedEndMs = estimateEndMs(moves, epochMs());
    context.report({
      moves: [...moves],
      fraction: from + (to - from) * fractionOf(moves),
      ...(estimatedEndMs !== undefined && { estimatedEndMs }),
    });
  };
  const stop = (why: NonNullable<MovesEnd["stopped"]>, text: string) => {
    stopped ??= why;
    message ||= text;
    // For as long as what is left alone goes on.
    if (message !== "") context.report({ message });
    if (why !== "window") stopping.abort();
  };

  const run = async (index: number) => {
    const move = moves[index] as MoveProgress;
    try {
      const state = await moveGroup(
        deps,
        {
          number: index,
          move,
          blockWrites: request.transferMode === "block_writes",
          cancelled: stopping.signal,
          report: (progress) => change(index, progress),
        },
        context,
      );
      change(index, { state, phase: "", finishedAtMs: epochMs(), ...(state === "done" && { fraction: 1 }) });
    } catch (error) {
      if (signal.aborted) return;
      failure ??= error;
      change(index, { state: "failed", phase: "", finishedAtMs: epochMs() });
    } finally {
      running.delete(index);
    }
  };

  const { id: operation } = context.operation;
  let throttledBy: Obstacle | undefined;
  /** Says only what has changed, so that a record that waits for ever is seen to. */
  const throttle = (index: number, obstacle: Obstacle) => {
    const { kind, reason } = obstacle;
    deps.observer.movesThrottled({ by: operation, reason: kind === "over" ? obstacle.limit : kind });
    if (throttledBy?.kind !== kind) deps.logger.warn({ operation }, `moves are throttled: ${reason}`);
    if (moves[index]?.state !== "throttled") change(index, { state: "throttled" });
    if (throttledBy?.reason !== reason) context.report({ message: `holds further moves back: ${reason}` });
    throttledBy = obstacle;
  };
  const goOn = () => {
    if (throttledBy !== undefined) deps.logger.info({ operation }, "moves go on");
    throttledBy = undefined;
    deps.observer.movesResumed(operation);
    context.report({ message: "" });
  };

  /**
   * What an earlier leader has begun: its statement may still run, so it is brought to its end, whatever
   * stops the others.
   */
  const begunBefore = (): number | undefined => {
    const index = moves.findIndex(({ state }, at) => state === "running" && !running.has(at));
    return index < 0 ? undefined : index;
  };

  /** The next one in order when its nodes are free; a later one does not overtake it. */
  const next = (): number | undefined => {
    if (stopped !== undefined || failure !== undefined) return undefined;
    const index = moves.findIndex(({ state }, at) => isOpen(state) && !running.has(at));
    const move = moves[index];
    if (move === undefined) return undefined;
    const touching = (node: string) =>
      [...running.keys()].filter((at) => moves[at]?.source === node || moves[at]?.target === node).length;
    const free = [move.source, move.target].every((node) => touching(node) < request.movesPerNode);
    return free ? index : undefined;
  };

  try {
    for (let looked = Number.NEGATIVE_INFINITY; ; ) {
      signal.throwIfAborted();
      if (cancelled.aborted) stop("cancelled", "");
      const left = begunBefore();
      const begun = left !== undefined;
      const index = left ?? next();
      if (index !== undefined && !begun && epochMs() > (request.noMoveAfterMs ?? Number.POSITIVE_INFINITY)) {
        stop("window", "the window for moves is over");
        deps.observer.movesThrottled({ by: SCHEDULE, reason: "window" });
        continue;
      }
      if ((index !== undefined && !begun) || (request.abortOnSlo && epochMs() - looked > LIMIT_INTERVAL_MS)) {
        looked = epochMs();
        const obstacle = await limits.obstacle(signal);
        if (obstacle?.kind === "over" && request.abortOnSlo) {
          stop("limit", obstacle.reason);
          continue;
        }
        if (obstacle !== undefined && index !== undefined && !begun) {
          throttle(index, obstacle);
          await pause(LIMIT_INTERVAL_MS, AbortSignal.any([signal, cancelled]));
          continue;
        }
      }
      if (index !== undefined) {
        goOn();
        running.set(index, run(index));
        continue;
      }
      if (running.size === 0) break;
      await Promise.race([...running.values(), pause(LIMIT_INTERVAL_MS, signal)]);
    }
  } finally {
    deps.observer.movesResumed(operation);
  }

  moves.forEach(({ state }, index) => {
    if (isOpen(state)) change(index, { state: "cancelled", phase: "" });
  });
  if (failure !== undefined) throw failure;
  const done = moves.filter(({ state }) => state === "done").length;
  // Asked to stop when there was nothing left to stop.
  return done === moves.length ? { done, stopped: undefined, message: "" } : { done, stopped, message };
}

function isOpen(state: MoveProgress["state"]): boolean {
  return state === "pending" || state === "throttled" || state === "running";
}
