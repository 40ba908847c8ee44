/** One sample of a collector, within its budget, and the report on how it ended. */
import { isOrreryError, OrreryError } from "../errors.ts";
import type { OutageLog } from "../lib/outage-log.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { NodeAges } from "./node-ages.ts";
import type { Sampler } from "./sample.ts";
import type { CollectorName, CollectorObserver } from "./types.ts";

export interface SampleRunOptions {
  readonly name: CollectorName;
  /** How long one node may take. */
  readonly nodeTimeoutMs: number;
  /** How long a whole sample may take. */
  readonly budgetMs: number;
  readonly observer: CollectorObserver;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface SampleRun<T> {
  readonly sampler: Sampler<T>;
  /** Aborts when the collector closes; nothing is reported then. */
  readonly closing: AbortSignal;
  readonly outage: OutageLog;
  readonly nodeAges: NodeAges;
}

/** undefined when the sample failed; that has been reported. Never throws, never outlasts the budget. */
export async function runSample<T>(
  { name, nodeTimeoutMs, budgetMs, observer, monotonicMs }: SampleRunOptions,
  { sampler, closing, outage, nodeAges }: SampleRun<T>,
): Promise<{ readonly value: T } | undefined> {
  const startedMs = monotonicMs();
  const failures: OrreryError[] = [];
  const late = new OrreryError("DEADLINE_EXCEEDED", `not done within ${budgetMs} ms`);
  const limit = withTimeLimit(closing, budgetMs, () => late);
  const failed = (error: OrreryError) => failures.push(error);
  const { trackQuery, end } = nodeAges.begin(startedMs);
  const report = (error: unknown) => {
    const result =
      error === undefined ? "ok" : isOrreryError(error, "DEADLINE_EXCEEDED") ? "timeout" : "failed";
    observer.sampled({ collector: name, result, elapsedMs: monotonicMs() - startedMs });
    if (error === undefined) outage.worked();
    else outage.failed(error);
  };
  try {
    const value = await raceAbort(
      sampler({ signal: limit.signal, nodeTimeoutMs, failed, trackQuery }),
      limit.signal,
    );
    report(failures.find(({ code }) => code === "DEADLINE_EXCEEDED") ?? failures[0]);
    return { value };
  } catch (error) {
    if (closing.aborted) return undefined;
    report(error);
    return undefined;
  } finally {
    end(monotonicMs());
    limit.clear();
  }
}
