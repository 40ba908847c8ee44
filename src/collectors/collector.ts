/**
 * Takes a sample of the cluster at every interval, on the leader only.
 *
 * ```
 *   idle --active--> sampling --done, failed or out of time--> idle for the interval
 * ```
 *
 * The latest sample is kept while the collector is active and dropped the moment it is not, so a coordinator
 * that lost its leader term exports nothing. A sample that hangs is abandoned at the end of its budget and
 * reported.
 */
import { OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { pause } from "../lib/pause.ts";
import { NodeAges } from "./node-ages.ts";
import { runSample, type SampleRunOptions } from "./run-sample.ts";
import type { Sampler } from "./sample.ts";
import type { CollectorName } from "./types.ts";

export interface CollectorOptions<T> extends SampleRunOptions {
  readonly everyMs: number;
  /** Whether this coordinator is the one to collect. Never waits. */
  readonly active: () => boolean;
  /**
   * Called at the start of each leader term. State that samples share must not outlive the term: another
   * coordinator saw what happened in between.
   */
  readonly createSampler: () => Sampler<T>;
  readonly logger: Logger;
}

export interface Collector<T> {
  readonly name: CollectorName;
  /** The latest sample; undefined while the collector is inactive or has none yet. */
  latest(): T | undefined;
  /** Since the last success, or since it became active; undefined while inactive. */
  ageSeconds(): number | undefined;
  /** By node name: since the node last answered, or was first queried; undefined while inactive. */
  nodeAgesSeconds(): ReadonlyMap<string, number> | undefined;
  close(): Promise<void>;
}

/** How soon a new leader begins to collect. */
const ACTIVE_CHECK_MS = 500;

export function startCollector<T>(options: CollectorOptions<T>): Collector<T> {
  const { name, everyMs, active, monotonicMs } = options;
  const closing = new AbortController();
  const outage = createOutageLog(options.logger, `collect ${name}`, monotonicMs);
  let sampler: Sampler<T> | undefined;
  let latest: T | undefined;
  /** When it last succeeded, or became active. */
  let sinceMs: number | undefined;
  let nodeAges = new NodeAges();

  /** Returns early, and drops all state, while this coordinator is not the one to collect. */
  const restUntil = async (atMs: number) => {
    while (!closing.signal.aborted && active() && monotonicMs() < atMs)
      await pause(Math.min(ACTIVE_CHECK_MS, atMs - monotonicMs()), closing.signal);
    if (active()) return;
    sampler = undefined;
    latest = undefined;
    sinceMs = undefined;
    nodeAges = new NodeAges();
    await pause(ACTIVE_CHECK_MS, closing.signal);
  };

  const run = async () => {
    while (!closing.signal.aborted) {
      const startedMs = monotonicMs();
      if (active()) {
        sinceMs ??= startedMs;
        sampler ??= options.createSampler();
        const sample = await runSample(options, { sampler, closing: closing.signal, outage, nodeAges });
        if (sample !== undefined && active()) {
          latest = sample.value;
          sinceMs = monotonicMs();
        }
      }
      await restUntil(startedMs + everyMs);
    }
  };
  const ended = run();

  return {
    name,
    latest: () => (active() ? latest : undefined),
    ageSeconds: () => (active() && sinceMs !== undefined ? (monotonicMs() - sinceMs) / 1000 : undefined),
    nodeAgesSeconds: () => (active() ? nodeAges.at(monotonicMs()) : undefined),
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await ended;
    },
  };
}
