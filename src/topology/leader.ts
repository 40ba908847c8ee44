/**
 * Campaigns on every coordinator, and runs the leader tasks on the one that is elected.
 *
 * ```
 *   candidate --elected--> raising the term in PostgreSQL --raised--> leader: its tasks run
 *       ^                           |                                   |
 *       |                           | failed                            | leadership lost or refused,
 *       |                           |                                   | or a task ended or rejected
 *       +---back off--- resigned <--+-----------------------------------+ once all tasks have ended
 * ```
 */
import { OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { pause } from "../lib/pause.ts";
import { runWithin } from "../lib/time-limit.ts";
import { untilAborted } from "../lib/until-aborted.ts";
import type { Leadership, MapStore } from "./map-store.ts";

const RAISE_TIMEOUT_MS = 10_000;
const CAMPAIGN_BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** One leader term of this coordinator. */
export interface LeaderTerm {
  readonly leadership: Leadership;
  /** As raised in PostgreSQL before the first change; admin statements carry it. */
  readonly term: number;
  /**
   * Aborted when the leader term is lost, given up or the process stops: nothing may be started after that.
   */
  readonly signal: AbortSignal;
}

/** Runs until the leader term's signal aborts. When it ends before that, or rejects, the term is given up. */
export type LeaderTask = (leaderTerm: LeaderTerm) => Promise<void>;

export interface LeaderOptions {
  readonly store: Pick<MapStore, "campaign">;
  /** `Engine.raiseTerm`: a higher term than any before, from which on PostgreSQL refuses the earlier ones. */
  readonly raiseTerm: (holder: string, signal: AbortSignal) => Promise<number>;
  /** Of this coordinator. */
  readonly id: string;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

export interface Leader {
  /** Whether this coordinator leads. */
  isLeader(): boolean;
  /** Runs `task` in each leader term from its start, at once if this coordinator leads. */
  addTask(task: LeaderTask): void;
  /** Resolves when the leader term, if there is one, is given up and its tasks have ended. */
  close(): Promise<void>;
}

/** Campaigns until closed. */
export function startLeader({ store, raiseTerm, id, logger, monotonicMs }: LeaderOptions): Leader {
  const closing = new AbortController();
  const termOutage = createOutageLog(logger, "take up the leadership", monotonicMs);
  const tasks = new Set<LeaderTask>();
  /** Set while this coordinator leads. */
  let leaderTerm: LeaderTerm | undefined;
  /** The tasks of the present leader term. */
  const running = new Set<Promise<void>>();

  const isLeader = () => leaderTerm !== undefined && !leaderTerm.signal.aborted;

  const runTask = (task: LeaderTask, current: LeaderTerm) => {
    const run = task(current)
      .catch((error: unknown) => {
        if (!current.signal.aborted) logger.error({ err: error }, "a task of the leader failed");
      })
      .then(() => current.leadership.resign())
      .finally(() => running.delete(run));
    running.add(run);
  };

  const lead = async (leadership: Leadership) => {
    const signal = AbortSignal.any([leadership.lost, closing.signal]);
    const term = await runWithin({ ms: RAISE_TIMEOUT_MS, reason: noTerm, signal }, (limited) =>
      raiseTerm(id, limited),
    );
    termOutage.worked();
    logger.info({ term }, "leading");
    // After a freeze the leadership may be gone, although PostgreSQL would still accept the term.
    signal.throwIfAborted();
    leaderTerm = { leadership, term, signal };
    for (const task of tasks) runTask(task, leaderTerm);
    await untilAborted(signal);
    await Promise.all(running);
  };

  const campaign = async () => {
    for (let failures = 0; !closing.signal.aborted; ) {
      const leadership = await store.campaign(id, closing.signal).catch(() => undefined);
      if (leadership === undefined) continue;
      try {
        await lead(leadership);
        failures = 0;
      } catch (error) {
        termOutage.failed(error);
        failures += 1;
      }
      leaderTerm = undefined;
      await leadership.resign();
      await pause(backoffMs(failures, CAMPAIGN_BACKOFF), closing.signal);
    }
  };
  const ended = campaign();

  return {
    isLeader,
    addTask(task) {
      tasks.add(task);
      if (leaderTerm !== undefined && isLeader()) runTask(task, leaderTerm);
    },
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await ended;
    },
  };
}

const noTerm = () =>
  new OrreryError("NODE_UNAVAILABLE", `the term could not be raised in ${RAISE_TIMEOUT_MS} ms`);
