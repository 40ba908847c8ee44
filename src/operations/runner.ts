/**
 * Runs the operations that this coordinator owns and keeps their records up to date.
 *
 * ```
 *   pending --start--> running: stage 1 --> stage 2 ... --> done | failed
 *      |                  |  \--> process ends or leader term is lost: stays running, and the
 *      |                  |       next coordinator goes on at its stage
 *      +---- cancel ------+--> cancelling --> cancelled | done | failed
 * ```
 * A stage is in the record before it begins. The end is in PostgreSQL before it is in the record.
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import { pause } from "../lib/pause.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Job, JobContext } from "./job.ts";
import { RunningRecord, type RunningRecordDeps } from "./running-record.ts";
import type { Operation, OperationKind } from "./types.ts";

const SYNC_INTERVAL_MS = 1_000;
const FAILED_WAITS_MS = 3_000;
const KEEP_ATTEMPT_MS = 5_000;
const SAVE_BACKOFF = { baseMs: 100, maxMs: 5_000 };

export interface RunnerDeps extends RunningRecordDeps {
  readonly jobs: Readonly<Partial<Record<OperationKind, Job>>>;
  /** Aborts when the process is going: jobs end, their records stay as they are. */
  readonly closing: AbortSignal;
}

/** Its record, saying `running` or `cancelling` and owned by this coordinator, is at `revision`. */
export interface OperationStart {
  readonly operation: Operation;
  readonly revision: string;
  /** Under which it runs, for operations of the leader. */
  readonly leaderTerm?: LeaderTerm | undefined;
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

export function runOperation(deps: RunnerDeps, start: OperationStart): RunningOperation {
  const run = new Run(deps, start);
  const { kind } = start.operation;
  return { kind, current: () => run.record.current, sync: run.record.sync, ended: run.run() };
}

class Run {
  readonly record: RunningRecord;
  readonly #deps: RunnerDeps;
  readonly #start: OperationStart;
  readonly #job: Job | undefined;
  /** Ends the job: the operation is lost, or cancelled and can be ended by that. */
  readonly #stop = new AbortController();
  readonly #cancelled = new AbortController();
  /** The process is going or the leader term is over: the operation goes on elsewhere. */
  readonly #over: AbortSignal;
  readonly #signal: AbortSignal;

  constructor(deps: RunnerDeps, start: OperationStart) {
    const { operation, revision, leaderTerm } = start;
    const logger = deps.logger.child({ operation: operation.id, kind: operation.kind });
    this.#deps = { ...deps, logger };
    this.#start = start;
    this.#job = deps.jobs[operation.kind];
    this.#over = leaderTerm === undefined ? deps.closing : AbortSignal.any([deps.closing, leaderTerm.signal]);
    this.#signal = AbortSignal.any([this.#stop.signal, this.#over]);
    this.record = new RunningRecord(
      this.#deps,
      { operation, revision, leadership: leaderTerm?.leadership },
      {
        cancelling: () => this.#cancel(),
        lost: (reason) => this.#stop.abort(new OrreryError("NOT_LEADER", reason)),
      },
    );
  }

  async run(): Promise<void> {
    const { record } = this;
    const { logger, closing } = this.#deps;
    const performed = new AbortController();
    const syncing = this.#keepSyncing(performed.signal);
    if (record.current.state === "cancelling") this.#cancel();
    const end = await this.#perform();
    performed.abort();
    await syncing;
    if (end === undefined || !record.isOwned) return;
    const atMs = this.#deps.epochMs();
    const ended = { ...record.current, stage: "", ...end, updatedAtMs: atMs, finishedAtMs: atMs };
    await this.#keepEnd(ended);
    if (!record.isOwned || this.#over.aborted) return;
    record.end(ended);
    for (let failures = 0; record.isOwned && !record.isSaved && !this.#over.aborted; failures += 1) {
      await record.sync().catch(() => pause(backoffMs(failures, SAVE_BACKOFF), closing));
    }
    logger.info({ state: record.current.state }, "operation finished");
  }

  /**
   * Stores the end where it outlives the store. Until that is done the operation counts as running, so that
   * nobody who saw its end can see it run again. One that failed, maybe because PostgreSQL is away, waits for
   * a while only; the leader stores its end later.
   */
  async #keepEnd(ended: Operation): Promise<void> {
    const { finished, logger } = this.#deps;
    const { leaderTerm } = this.#start;
    const giveUp = ended.state === "failed" ? AbortSignal.timeout(FAILED_WAITS_MS) : this.#over;
    const stop = AbortSignal.any([this.#over, giveUp]);
    for (let failures = 0; !stop.aborted; failures += 1) {
      try {
        // Another coordinator may have taken it over, whose end it then is.
        await this.record.sync();
        if (!this.record.isOwned) return;
        const signal = AbortSignal.any([stop, AbortSignal.timeout(KEEP_ATTEMPT_MS)]);
        return await finished.add(ended, leaderTerm, signal);
      } catch (error) {
        if (leaderTerm !== undefined && isOrreryError(error, "NOT_LEADER")) {
          await leaderTerm.leadership.resign();
          return;
        }
        if (failures === 0) logger.warn({ err: error }, "cannot store the end of an operation yet");
        await pause(backoffMs(failures, SAVE_BACKOFF), stop);
      }
    }
  }

  #cancel(): void {
    const reason = new OrreryError("CANCELLED", "the operation was cancelled");
    this.#cancelled.abort(reason);
    if (this.#job?.cancellation === "aborts") this.#stop.abort(reason);
  }

  async #keepSyncing(until: AbortSignal): Promise<void> {
    const { logger } = this.#deps;
    while (!until.aborted) {
      await pause(SYNC_INTERVAL_MS, until);
      await this.record
        .sync()
        .catch((error: unknown) => logger.debug({ err: error }, "cannot store the progress yet"));
    }
  }

  /** How the operation ends; undefined when it does not end here. */
  async #perform(): Promise<Partial<Operation> | undefined> {
    const { operation, leaderTerm } = this.#start;
    try {
      this.#signal.throwIfAborted();
      if (this.#job === undefined)
        throw new OrreryError("UNSUPPORTED", `this coordinator does not know ${operation.kind}`);
      const { state = "done", message, result } = await this.#job.run(this.#context());
      return { state, ...(state === "done" && { fraction: 1 }), message, result };
    } catch (error) {
      if (!this.record.isOwned || this.#over.aborted) return undefined;
      if (isOrreryError(error, "NOT_LEADER") && leaderTerm !== undefined) {
        // Another leader has raised the term: it goes on with this operation.
        void leaderTerm.leadership.resign();
        return undefined;
      }
      if (this.#stop.signal.aborted) return { state: "cancelled" };
      if (!isOrreryError(error)) {
        this.#deps.logger.error({ err: error }, "operation failed unexpectedly");
      }
      return { state: "failed", error: describe(error) };
    }
  }

  #context(): JobContext {
    const { operation, leaderTerm } = this.#start;
    const save = () => this.#save();
    return {
      operation,
      signal: this.#signal,
      cancelled: this.#cancelled.signal,
      leaderTerm,
      report: this.record.change,
      enter: (stage) => {
        this.record.change({ stage, message: "" });
        return save();
      },
      save,
      confirm: () => this.#confirm(),
    };
  }

  async #confirm(): Promise<void> {
    await this.record.sync();
    this.#signal.throwIfAborted();
  }

  async #save(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      this.#signal.throwIfAborted();
      try {
        return await this.#confirm();
      } catch (error) {
        if (this.#signal.aborted || !isOrreryError(error)) throw error;
        await pause(backoffMs(failures, SAVE_BACKOFF), this.#signal);
      }
    }
  }
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  return isOrreryError(error)
    ? { code: error.code, message: error.message }
    : { code: "BUG", message: "internal error" };
}
