/**
 * Runs the operations that this coordinator owns and keeps their records up to date.
 *
 * ```
 *   pending --start--> running --> done | failed
 *                         |  \--> (process ends: stays running, the leader adopts it)
 *                         +--cancel--> cancelling --> cancelled | done | failed
 * ```
 * Every write compares the record's revision, so a coordinator whose operation was adopted by another notices at its
 * next write and stops.
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { pause } from "../lib/pause.ts";
import { createSharedRun } from "../lib/shared-run.ts";
import type { Job, JobResult } from "./job.ts";
import type { OperationRecords } from "./records.ts";
import type { Operation, OperationKind } from "./types.ts";

const SYNC_INTERVAL_MS = 1_000;
const SAVE_BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface RunnerDeps {
  readonly records: OperationRecords;
  readonly jobs: Readonly<Partial<Record<OperationKind, Job>>>;
  readonly clock: () => number;
  readonly logger: Logger;
  /** Told about every change of an operation that runs here. */
  readonly onChange: (operation: Operation) => void;
  /** Aborts when the process is going: jobs end, their records stay as they are. */
  readonly closing: AbortSignal;
}

export interface RunningOperation {
  current(): Operation;
  /** Compares with the stored record: takes note of a cancellation, stores what has changed here. */
  sync(): Promise<void>;
  /** Resolves when nothing runs here any more and the record says so, as far as the store could be reached. */
  readonly ended: Promise<void>;
}

/** Runs an operation whose record, saying `running` or `cancelling` and owned by this coordinator, is at `revision`. */
export function runOperation(deps: RunnerDeps, operation: Operation, revision: string): RunningOperation {
  const { records, clock, closing } = deps;
  const job = deps.jobs[operation.kind];
  const logger = deps.logger.child({ operation: operation.id, kind: operation.kind });
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, closing]);
  let current = operation;
  let saved: Operation | undefined = operation;
  let storedRevision: string | undefined = revision;
  let owned = true;

  const change = (fields: Partial<Operation>) => {
    current = { ...current, ...fields, updatedAtMs: clock() };
    deps.onChange(current);
  };
  const stopIfCancelled = () => {
    if (current.state === "cancelling" && job?.cancellable) {
      stop.abort(new OrreryError("CANCELLED", "the operation was cancelled"));
    }
  };

  const sync = createSharedRun(async () => {
    const stored = await records.get(operation.id);
    if (stored !== undefined && stored.value.coordinator !== operation.coordinator) {
      owned = false;
      stop.abort(new OrreryError("CANCELLED", "another coordinator has taken the operation over"));
    }
    if (!owned) return;
    if (stored?.value.state === "cancelling" && current.state === "running") {
      change({ state: "cancelling" });
      stopIfCancelled();
    }
    storedRevision = stored?.revision;
    // Also when the record is gone: the store was wiped.
    if (current === saved && stored !== undefined) return;
    const saving = current;
    storedRevision = await records.put(saving, storedRevision);
    saved = saving;
  });

  const keepSyncing = async (until: AbortSignal) => {
    while (!until.aborted) {
      await pause(SYNC_INTERVAL_MS, until);
      await sync().catch((error: unknown) => logger.debug({ err: error }, "cannot store the progress yet"));
    }
  };

  const perform = async (): Promise<Partial<Operation> | undefined> => {
    try {
      signal.throwIfAborted();
      if (job === undefined)
        throw new OrreryError("UNSUPPORTED", `this coordinator does not know ${operation.kind}`);
      const { message, result }: JobResult = await job.run({ operation, signal, report: change });
      return { state: "done", fraction: 1, message, result };
    } catch (error) {
      if (!owned || closing.aborted) return undefined;
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
    change({ stage: "", finishedAtMs: clock(), ...end });
    for (let failures = 0; owned && current !== saved && !closing.aborted; failures += 1) {
      await sync().catch(() => pause(backoffMs(failures, SAVE_BACKOFF), closing));
    }
    logger.info({ state: current.state }, "operation finished");
  };

  return { current: () => current, sync, ended: run() };
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  return isOrreryError(error)
    ? { code: error.code, message: error.message }
    : { code: "BUG", message: "internal error" };
}
