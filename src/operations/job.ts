/** What an operation does, and how it reports progress. Every step may be repeated with the same outcome. */

import { isOrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { JsonObject } from "../lib/json.ts";
import { pause } from "../lib/pause.ts";
import type { LeaderTerm } from "../topology/leader.ts";
import type { Operation } from "./types.ts";

const MAX_REPETITIONS = 6;
const BACKOFF = { baseMs: 250, maxMs: 5_000 };

export type JobProgress = Partial<
  Pick<Operation, "stage" | "stages" | "fraction" | "message" | "moves" | "estimatedEndMs" | "result">
>;

export interface JobContext {
  /** As it was stored when this run of it began. */
  readonly operation: Operation;
  /**
   * Aborted when nothing more may be begun: another coordinator has adopted the operation, the leader term is
   * lost, or the process is going.
   */
  readonly signal: AbortSignal;
  /** Aborted when an admin has asked to cancel. */
  readonly cancelled: AbortSignal;
  /**
   * Under which jobs that change the cluster act; undefined for those that any coordinator runs.
   */
  readonly leaderTerm: LeaderTerm | undefined;
  report(progress: JobProgress): void;
  /**
   * Resolves when the record in the store says that this stage has begun, with everything reported so far.
   * Throws the signal's reason.
   */
  enter(stage: string): Promise<void>;
  /** Resolves when the store has everything reported so far. Throws the signal's reason. */
  save(): Promise<void>;
  /**
   * Resolves when the store has just confirmed that this coordinator still runs the operation. Throws the
   * signal's reason when another one does, and STORE_UNAVAILABLE.
   */
  confirm(): Promise<void>;
}

export interface JobResult {
  /** Default: `done`. */
  readonly state?: "done" | "cancelled";
  readonly message: string;
  readonly result: JsonObject;
}

export interface Job {
  /**
   * - `aborts`: `signal` aborts, and what is done stays done.
   * - `noted`: the job goes on to its end, because half of it cannot be undone.
   * - `handled`: the job watches `cancelled` and ends, or goes on to its end, as it can.
   */
  readonly cancellation: "aborts" | "noted" | "handled";
  run(context: JobContext): Promise<JobResult>;
}

/**
 * Runs a step again when it failed for a reason that may pass: a lock, a node that is away, a lost answer.
 */
export async function repeatStep<T>(
  step: () => Promise<T>,
  { signal, report }: Pick<JobContext, "signal" | "report">,
  maxRepetitions = MAX_REPETITIONS,
): Promise<T> {
  for (let repetition = 0; ; repetition += 1) {
    try {
      return await step();
    } catch (error) {
      if (signal.aborted || repetition === maxRepetitions || !mayPass(error)) throw error;
      await pauseBeforeRetry(error, report, pause(backoffMs(repetition, BACKOFF), signal));
    }
  }
}

/** The message says so only as long as it is to come: what has failed for good is not tried again. */
export async function pauseBeforeRetry(
  error: Error,
  report: JobContext["report"],
  paused: Promise<void>,
): Promise<void> {
  report({ message: `will try again: ${error.message}` });
  await paused;
  report({ message: "" });
}

/**
 * True for errors after which the same step may succeed a little later; not for a leader that was replaced.
 */
export function mayPass(error: unknown): error is Error {
  if (!isOrreryError(error) || error.code === "NOT_LEADER") return false;
  return error.retry !== "never" || error.code === "WRITE_OUTCOME_UNKNOWN";
}
