/**
 * One long statement as a step that may be repeated, by this leader or a later one:
 *
 * ```
 *   does its session run? --yes--> wait (cancel, if asked to and it may be,  |
 *     ^      | no                        or if it makes no progress) --------+
 *     |      v                                                               |
 *     |   end reached? --yes--> reached                                      |
 *     |      | no                                                            |
 *     |   cancelled, or no progress? --yes--> nothing of it is there         |
 *     |      | no                                                            |
 *     +-- run it, wait when it failed for a reason that may pass <-----------+
 * ```
 */
import type { LongStatement } from "../../engines/placement-changes.ts";
import { isOrreryError, type OrreryError } from "../../errors.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { pause } from "../../lib/pause.ts";
import { type JobContext, mayPass, pauseBeforeRetry } from "../job.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { watchStall } from "./stall-watch.ts";

const POLL_INTERVAL_MS = 200;
const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/**
 * Attempts to end a statement without progress, one for each poll: so many by cancelling it, then by ending
 * its session, until it is given up. One that waits for a server that is frozen may heed neither.
 */
const TERMINATE_AFTER = 50;
const GIVE_UP_AFTER = 150;
/** With the back-off about three minutes: a server that restarts is back by then. */
const MAX_FAILURES = 20;
/** Of errors to which Citus gives no SQLSTATE: most come from a node or a subscription that was not ready. */
const MAX_UNEXPLAINED = 4;

export interface LongStep {
  /** From `sessionName`. */
  readonly session: string;
  /** Asked each time before it is run. */
  readonly statement: () => LongStatement | Promise<LongStatement>;
  /** Whether what the statement does is done, by the catalogs. */
  readonly isReached: () => Promise<boolean>;
  /** False while it is so near its end that cancelling would take longer. */
  readonly mayCancel: () => boolean;
  /** Besides the cancellation of the operation. */
  readonly cancelled?: AbortSignal;
  readonly term: number;
}

export interface LongStepDeps extends Pick<ChangeDeps, "maxStallMs"> {
  readonly changes: Pick<
    ChangeDeps["changes"],
    "runStatement" | "isUnderWay" | "cancelStatement" | "readStatement"
  >;
}

/** Named after the step, so that a later leader finds it. */
export function sessionName({ operation }: Pick<JobContext, "operation">, number: number): string {
  return `orrery-op-${operation.id}-${number}`;
}

/**
 * Throws what the statement fails with for good, OPERATION_STALLED after it was ended for lack of progress,
 * or the reason of the context's signal: the statement then goes on.
 */
export async function runLongStep(
  { changes, maxStallMs }: LongStepDeps,
  step: LongStep,
  { signal, report, cancelled: asked }: Pick<JobContext, "signal" | "report" | "cancelled">,
): Promise<"reached" | "cancelled"> {
  const cancelled = step.cancelled === undefined ? asked : AbortSignal.any([asked, step.cancelled]);
  const { session, term } = step;
  let stalled: OrreryError | undefined;
  let endings = 0;
  let isGivenUp = false;
  /** Gives up a statement that has no session to cancel. */
  let hangUp = new AbortController();
  const watch = async (running: () => Promise<boolean> | boolean, until: AbortSignal) => {
    if (!(await running())) return;
    const ended = new AbortController();
    const stall = watchStall(
      changes,
      { session, limitMs: maxStallMs },
      { signal: AbortSignal.any([until, ended.signal]), report },
    );
    try {
      do {
        signal.throwIfAborted();
        stalled ??= stall.stalled();
        if (stalled !== undefined) endings += 1;
        isGivenUp = endings > GIVE_UP_AFTER;
        if (isGivenUp) throw stalled;
        if (stalled !== undefined || (cancelled.aborted && step.mayCancel())) {
          const terminate = endings > TERMINATE_AFTER;
          await changes.cancelStatement({ session, term, terminate }, signal);
        }
        if (stalled !== undefined && !(await changes.isUnderWay(session, signal))) hangUp.abort(stalled);
        await pause(POLL_INTERVAL_MS, until);
      } while (await running());
    } finally {
      ended.abort();
      await stall.ended;
    }
  };

  let unexplained = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      await watch(() => changes.isUnderWay(session, signal), signal);
      signal.throwIfAborted();
      if (await step.isReached()) return "reached";
      if (cancelled.aborted) return "cancelled";
      if (stalled !== undefined) break;
      const statement = await step.statement();
      const ended = new AbortController();
      hangUp = new AbortController();
      const until = AbortSignal.any([signal, hangUp.signal]);
      const run = changes.runStatement(statement, { session, term }, until).finally(() => ended.abort());
      await Promise.all([run, watch(() => !ended.signal.aborted, AbortSignal.any([signal, ended.signal]))]);
      // Without waiting for the next poll: the new map is published after this.
      if (await step.isReached()) return "reached";
    } catch (error) {
      signal.throwIfAborted();
      if (stalled !== undefined && !isOrreryError(error, "NOT_LEADER")) {
        // Whatever it was ended with; the clean-up undoes what is left.
        if (isGivenUp || failures === MAX_FAILURES) throw stalled;
        await pause(backoffMs(failures, BACKOFF), signal);
        continue;
      }
      // The cancellation that was asked for.
      if (cancelled.aborted && isOrreryError(error, "DEADLINE_EXCEEDED")) continue;
      if (isUnexplained(error)) unexplained += 1;
      const again = mayPass(error) || (isUnexplained(error) && unexplained < MAX_UNEXPLAINED);
      if (!again || failures === MAX_FAILURES) throw error;
      const ended = AbortSignal.any([signal, cancelled]);
      await pauseBeforeRetry(error as Error, report, pause(backoffMs(failures, BACKOFF), ended));
    }
  }
  throw stalled;
}

function isUnexplained(error: unknown): boolean {
  return isOrreryError(error, "STATEMENT_FAILED") && error.details.metadata?.sqlstate === "XX000";
}
