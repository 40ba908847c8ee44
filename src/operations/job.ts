/** What an operation does, and how it tells how far it is. Every step may be repeated. */
import { isOrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import { pause } from "../lib/pause.ts";
import type { JsonObject, Operation } from "./types.ts";

const MAX_REPETITIONS = 6;
const BACKOFF = { baseMs: 250, maxMs: 5_000 };

export type Progress = Partial<
  Pick<Operation, "stage" | "stages" | "fraction" | "message" | "moves" | "estimatedEndMs">
>;

export interface JobContext {
  readonly operation: Operation;
  /** Aborted when the job must end: cancelled, taken over by another coordinator, or the process is going. */
  readonly signal: AbortSignal;
  report(progress: Progress): void;
}

export interface JobResult {
  readonly message: string;
  readonly result: JsonObject;
}

export interface Job {
  /** False: a cancellation is noted, and the job goes on to its end because half of it cannot be undone. */
  readonly cancellable: boolean;
  run(context: JobContext): Promise<JobResult>;
}

/** Runs a step again when it failed for a reason that may pass: a lock, a node that is away, a lost answer. */
export async function repeatStep<T>(step: () => Promise<T>, { signal, report }: JobContext): Promise<T> {
  for (let repetition = 0; ; repetition += 1) {
    try {
      return await step();
    } catch (error) {
      if (signal.aborted || repetition === MAX_REPETITIONS || !mayPass(error)) throw error;
      report({ message: `will try again: ${error.message}` });
      await pause(backoffMs(repetition, BACKOFF), signal);
    }
  }
}

function mayPass(error: unknown): error is Error {
  return isOrreryError(error) && (error.retry !== "never" || error.code === "WRITE_OUTCOME_UNKNOWN");
}
