/**
 * One long statement as a step that may be repeated, by this leader or a later one:
 *
 * ```
 *   does its session run? --yes--> wait (cancel, if asked to and it may be) --+
 *     ^      | no                                                            |
 *     |      v                                                               |
 *     |   end reached? --yes--> reached                                      |
 *     |      | no                                                            |
 *     |   cancelled? --yes--> cancelled: nothing of it is there              |
 *     |      | no                                                            |
 *     +-- run it, wait when it failed for a reason that may pass <-----------+
 * ```
 */
import type { LongStatement, PlacementChanges } from "../../engines/placement-changes.ts";
import { isOrreryError } from "../../errors.ts";
import { backoffMs } from "../../lib/backoff.ts";
import { pause } from "../../lib/pause.ts";
import { type JobContext, mayPass, pauseBeforeRetry } from "../job.ts";

const POLL_INTERVAL_MS = 200;
const BACKOFF = { baseMs: 250, maxMs: 10_000 };
/** With the back-off about three minutes: a server that restarts is back by then. */
const MAX_FAILURES = 20;
/** Of errors to which Citus gives no SQLSTATE: most come from a node or a subscription that was not ready. */
const MAX_UNEXPLAINED = 4;

export interface LongStep {
  /** From `sessionName`. */
  readonly session: string;
  readonly statement: LongStatement;
  /** Whether what the statement does is done, by the catalogs. */
  readonly isReached: () => Promise<boolean>;
  /** False while it is so near its end that cancelling would take longer. */
  readonly mayCancel: () => boolean;
  /** Besides the cancellation of the operation. */
  readonly cancelled?: AbortSignal;
  readonly term: number;
}

/** Named after the step, so that a later leader finds it. */
export function sessionName({ operation }: Pick<JobContext, "operation">, number: number): string {
  return `orrery-op-${operation.id}-${number}`;
}

/**
 * Throws what the statement fails with for good, or the reason of the context's signal: the statement then
 * goes on.
 */
export async function runLongStep(
  changes: PlacementChanges,
  step: LongStep,
  { signal, report, cancelled: asked }: Pick<JobContext, "signal" | "report" | "cancelled">,
): Promise<"reached" | "cancelled"> {
  const cancelled = step.cancelled === undefined ? asked : AbortSignal.any([asked, step.cancelled]);
  const { session, statement, term } = step;
  const watch = async (running: () => Promise<boolean> | boolean, until: AbortSignal) => {
    while (await running()) {
      signal.throwIfAborted();
      if (cancelled.aborted && step.mayCancel()) await changes.cancelStatement({ session, term }, signal);
      await pause(POLL_INTERVAL_MS, until);
    }
  };

  let unexplained = 0;
  for (let failures = 0; ; failures += 1) {
    try {
      await watch(() => changes.isUnderWay(session, signal), signal);
      signal.throwIfAborted();
      if (await step.isReached()) return "reached";
      if (cancelled.aborted) return "cancelled";
      const ended = new AbortController();
      const run = changes.runStatement(statement, { session, term }, signal).finally(() => ended.abort());
      await Promise.all([run, watch(() => !ended.signal.aborted, AbortSignal.any([signal, ended.signal]))]);
      // Without waiting for the next poll: the new map is published after this.
      if (await step.isReached()) return "reached";
    } catch (error) {
      signal.throwIfAborted();
      // The cancellation that was asked for; the clean-up undoes what is left.
      if (cancelled.aborted && isOrreryError(error, "DEADLINE_EXCEEDED")) continue;
      if (isUnexplained(error)) unexplained += 1;
      const again = mayPass(error) || (isUnexplained(error) && unexplained < MAX_UNEXPLAINED);
      if (!again || failures === MAX_FAILURES) throw error;
      const ended = AbortSignal.any([signal, cancelled]);
      await pauseBeforeRetry(error as Error, report, pause(backoffMs(failures, BACKOFF), ended));
    }
  }
}

function isUnexplained(error: unknown): boolean {
  return isOrreryError(error, "STATEMENT_FAILED") && error.details.metadata?.sqlstate === "XX000";
}
