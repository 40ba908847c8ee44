/**
 * Runs the operations that this coordinator owns and keeps their records up to date.
 *
 * ```
 *   pending --start--> running: stage 1 --> stage 2 ... --> done | failed
 *      |                  |  \--> (process ends or leader term is lost: stays running, the next one goes on at its stage)
 *      +---- cancel ------+--> cancelling --> cancelled | done | failed
 * ```
 * A stage is in the record before it begins. Every write compares the record's revision, and in a leader term
 * the leadership as well, so a coordinator whose operation was taken over by another notices at its next
 * write and stops.
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { pause } from "../lib/pause.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Job, JobResult } from "./job.ts";
import type { OperationRecords } from "./records.ts";
import type { Operation, OperationKind } from "./types.ts";

const SYNC_INTERVAL_MS = 1_000;
const SAVE_BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface RunnerDeps {
  readonly records: OperationRecords;
  readonly jobs: Readonly<Partial<Record<OperationKind, Job>>>;
  readonly epochMs: () => number;
  readonly logger: Logger;
  /** True for an operation that has ended and was moved out of the store. */
  readonly isKept: (id: string) => Promise<boolean>;
  /** Told about every change of an operation that runs here. */
  readonly onChange: (operation: Operation) => void;
  /** Aborts when the process is going: jobs end, their records stay as they are. */
  readonly closing: AbortSignal;
}

export interface RunningOperation {
  readonly kind: OperationKind;
  current(): Operation;
  /** Compares with the stored record: takes note of a cancellation, stores what has changed here. */
  sync(): Promise<void>;
  /**
   * Resolves when nothing runs here any more and the record says so, as far as the store could be reached.
   */
  readonly ended: Promise<void>;
}

/**
 * Runs an operation whose record, saying `running` or `cancelling` and owned by this coordinator, is at
 * `revision`. `leader term`: under which it runs, for operations of the leader.
 */
export function runOperation(
  deps: RunnerDeps,
  {
    operation,
    revision,
    leaderTerm,
  }: { operation: Operation; revision: string; leaderTerm?: LeaderTerm | undefined },
): RunningOperation {
  const { records, epochMs, closing } = deps;
  const job = deps.jobs[operation.kind];
  const logger = deps.logger.child({ operation: operation.id, kind: operation.kind });
  const stop = new AbortController();
  const cancelled = new AbortController();
  const ends = leaderTerm === undefined ? [closing] : [closing, leaderTerm.signal];
  const signal = AbortSignal.any([stop.signal, ...ends]);
  let current = operation;
  let saved: Operation | undefined = operation;
  let storedRevision: string | undefined = revision;
  let owned = true;

  const change = (fields: Partial<Operation>) => {
    current = { ...current, ...fields, updatedAtMs: epochMs() };
    deps.onChange(current);
  };
  const stopIfCancelled = () => {
    if (current.state !== "cancelling") return;
    const reason = new OrreryError("CANCELLED", "the operation was cancelled");
    cancelled.abort(reason);
    if (job?.cancellation === "aborts") stop.abort(reason);
  };
  const disown = (reason: string) => {
    owned = false;
    stop.abort(new OrreryError("NOT_LEADER", reason));
  };

  const sync = createSingleFlight(async () => {
    const stored = await records.get(operation.id).catch(async (error: unknown) => {
      const damaged = isOrreryError(error, "OPERATION_UNREADABLE")
        ? await records.revisionOf(operation.id)
        : undefined;
      if (damaged === undefined) throw error;
      // Whoever damaged it has not taken it over: what runs here is the record.
      logger.error({ err: error }, "putting back the record of an operation that cannot be read");
      saved = undefined;
      return { value: current, revision: damaged };
    });
    if (stored !== undefined && stored.value.coordinator !== operation.coordinator) {
      disown("another coordinator has taken the operation over");
    }
    // Frozen for long, while another one has brought it to its end.
    if (stored === undefined && owned && (await deps.isKept(operation.id))) disown("it has ended elsewhere");
    if (!owned) return;
    if (stored?.value.state === "cancelling" && current.state === "running") {
      change({ state: "cancelling" });
      stopIfCancelled();
    }
    storedRevision = stored?.revision;
    // Also when the record is gone: the store was wiped.
    if (current === saved && stored !== undefined) return;
    const saving = current;
    try {
      storedRevision = await records.put(saving, storedRevision, leaderTerm?.leadership);
    } catch (error) {
      if (isOrreryError(error, "NOT_LEADER")) disown("this coordinator is no longer the leader");
      throw error;
    }
    saved = saving;
  });

  const confirm = async () => {
    await sync();
    signal.throwIfAborted();
  };

  const save = async () => {
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      try {
        return await confirm();
      } catch (error) {
        if (signal.aborted || !isOrreryError(error)) throw error;
        await pause(backoffMs(failures, SAVE_BACKOFF), signal);
      }
    }
  };

  const enter = (stage: string) => {
    change({ stage, message: "" });
    return save();
  };

  const keepSyncing = async (until: AbortSignal) => {
    while (!until.aborted) {
      await pause(SYNC_INTERVAL_MS, until);
      await sync().catch((error: unknown) => logger.debug({ err: error }, "cannot store the progress yet"));
    }
  };

  const ended = () => ends.some(({ aborted }) => aborted);
  const perform = async (): Promise<Partial<Operation> | undefined> => {
    try {
      signal.throwIfAborted();
      if (job === undefined)
        throw new OrreryError("UNSUPPORTED", `this coordinator does not know ${operation.kind}`);
      const {
        state = "done",
        message,
        result,
      }: JobResult = await job.run({
        operation,
        signal,
        cancelled: cancelled.signal,
        leaderTerm,
        report: change,
        enter,
        save,
        confirm,
      });
      return { state, ...(state === "done" && { fraction: 1 }), message, result };
    } catch (error) {
      if (!owned || ended()) return undefined;
      if (isOrreryError(error, "NOT_LEADER") && leaderTerm !== undefined) {
        // Another leader has raised the term: it goes on with this operation.
        void leaderTerm.leadership.resign();
        return undefined;
      }
      if (stop.signal.aborted) return { state: "cancelled" };
      if (!isOrreryError(error)) logger.error({ err: error }, "operation failed unexpectedly");
      return { state: "failed", error: describe(error) };
    }
  };

  const run = async () => {
    const performed = new AbortController();
    const syncing = keepSyncing(performed.signal);
    stopIfCancelled();
    const end = await perform();
    performed.abort();
    await syncing;
    if (end === undefined || !owned) return;
    change({ stage: "", finishedAtMs: epochMs(), ...end });
    for (let failures = 0; owned && current !== saved && !ended(); failures += 1) {
      await sync().catch(() => pause(backoffMs(failures, SAVE_BACKOFF), closing));
    }
    logger.info({ state: current.state }, "operation finished");
  };

  return { kind: operation.kind, current: () => current, sync, ended: run() };
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  return isOrreryError(error)
    ? { code: error.code, message: error.message }
    : { code: "BUG", message: "internal error" };
}
