/** What came of a load of one client process, without CPU: for loads at a given rate, and for scenarios. */
import type { Samples } from "../client/job.ts";
import { percentile, sorted } from "./statistics.ts";

export interface LoadResult {
  readonly answers: number;
  readonly answersPerSecond: number;
  /** At a given rate: from the time the request was due. */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** Never sent, because too many waited, or not answered by the end. */
  readonly dropped: number;
  readonly errors: number;
  readonly firstError: string | undefined;
}

/** Leaves out answers of the first `warmupSeconds` after the first one. */
export function loadResult(samples: Samples, warmupSeconds: number): LoadResult {
  const fromMs = (samples.endsMs[0] ?? 0) + warmupSeconds * 1000;
  const endsMs = samples.endsMs.filter((endMs) => endMs >= fromMs);
  const latencies = sorted(samples.latenciesMs.slice(samples.endsMs.length - endsMs.length));
  return {
    answers: endsMs.length,
    answersPerSecond: (endsMs.length * 1000) / ((endsMs.at(-1) ?? Number.NaN) - fromMs),
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    p99Ms: percentile(latencies, 0.99),
    p999Ms: percentile(latencies, 0.999),
    dropped: samples.dropped,
    errors: samples.errors.length,
    firstError: samples.errors[0],
  };
}
