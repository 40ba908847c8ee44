/** The ordered stages of an operation: each is in the record before it begins, and a later leader goes on at it. */
import type { JobContext } from "./job.ts";

export interface Stage {
  readonly name: string;
  /** May be run again from its start. */
  run(): Promise<void>;
}

/** Runs them from the one that the record names. Throws the signal's reason between two stages. */
export async function runStages(context: JobContext, stages: readonly Stage[]): Promise<void> {
  const names = stages.map(({ name }) => name);
  context.report({ stages: names });
  for (const { name, run } of stages.slice(Math.max(0, names.indexOf(context.operation.stage)))) {
    await context.enter(name);
    await run();
  }
}
