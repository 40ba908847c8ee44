/**
 * The ordered stages of an operation: each is in the record before it begins, and a later leader goes on at
 * it.
 */
import { isOrreryError } from "../errors.ts";
import type { JobContext } from "./job.ts";

export interface Stage {
  readonly name: string;
  /** May be run again from its start. */
  run(): Promise<void>;
}

/**
 * Runs them from the one that the record names. Throws the signal's reason between two stages. `tidyUp` runs
 * when one fails for good, under that stage, so that a later leader tries the stage again; what it throws
 * itself is ignored.
 */
export async function runStages(
  context: JobContext,
  stages: readonly Stage[],
  tidyUp: () => Promise<unknown> = async () => {},
): Promise<void> {
  const names = stages.map(({ name }) => name);
  context.report({ stages: names });
  try {
    for (const { name, run } of stages.slice(Math.max(0, names.indexOf(context.operation.stage)))) {
      await context.enter(name);
      await run();
    }
  } catch (error) {
    if (!context.signal.aborted && !isOrreryError(error, "NOT_LEADER")) await tidyUp().catch(() => undefined);
    throw error;
  }
}
