/**
 * Runs one look at the cluster again and again, each within a budget, where it is to run.
 *
 * ```
 *   asleep --active--> running --done, failed or out of time--> asleep for the interval
 * ```
 *
 * What was seen last is kept while the collector is active and gone at once when it is not, so that a
 * coordinator that lost its leader term shows nothing of it. A look that hangs is given up at its budget and
 * reported; nobody waits for it.
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { pause } from "../lib/pause.ts";
import { raceAbort } from "../lib/race-abort.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { Look } from "./ask-nodes.ts";
import { NodeAges } from "./node-ages.ts";
import type { CollectorName, CollectorObserver } from "./types.ts";

export interface CollectorOptions<T> {
  readonly name: CollectorName;
  readonly everyMs: number;
  /** How long one node may take. */
  readonly nodeTimeoutMs: number;
  /** How long a whole look may take. */
  readonly budgetMs: number;
  /** Whether this coordinator is the one to collect. Never waits. */
  readonly active: () => boolean;
  /**
   * Called at the beginning of each leader term: what looks remember of each other is of that leader term
   * alone, since what happened in between, another coordinator saw. Returns the look. What fails in a part of
   * it is told to the look; throwing means that nothing was seen.
   */
  readonly begin: () => (look: Look) => Promise<T>;
  readonly observer: CollectorObserver;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export interface Collector<T> {
  readonly name: CollectorName;
  /** What was seen last; undefined where the collector is not active or has seen nothing yet. */
  latest(): T | undefined;
  /** Since the last success, or since it became active; undefined where it is not active. */
  ageSeconds(): number | undefined;
  /**
   * By the name of a node: since it last answered, or was first asked; undefined where the collector is not
   * active.
   */
  nodeAgesSeconds(): ReadonlyMap<string, number> | undefined;
  close(): Promise<void>;
}

/** How soon a coordinator that became the one to collect begins. */
const ACTIVE_CHECK_MS = 500;

export function startCollector<T>(options: CollectorOptions<T>): Collector<T> {
  const { name, everyMs, active, monotonicMs } = options;
  const closing = new AbortController();
  const outage = createOutageLog(options.logger, `collect ${name}`, monotonicMs);
  let collect: ReturnType<CollectorOptions<T>["begin"]> | undefined;
  let latest: T | undefined;
  /** When it last succeeded, or became active. */
  let sinceMs: number | undefined;
  let nodeAges = new NodeAges();

  /** Ends early, and forgets, when this coordinator is no longer, or not yet, the one to collect. */
  const restUntil = async (atMs: number) => {
    while (!closing.signal.aborted && active() && monotonicMs() < atMs)
      await pause(Math.min(ACTIVE_CHECK_MS, atMs - monotonicMs()), closing.signal);
    if (active()) return;
    collect = undefined;
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
        collect ??= options.begin();
        const seen = await runOnce(options, collect, { closing: closing.signal, outage, nodeAges });
        if (seen !== undefined && active()) {
          latest = seen.value;
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

/** undefined when it failed, which was told. */
async function runOnce<T>(
  { name, nodeTimeoutMs, budgetMs, observer, monotonicMs }: CollectorOptions<T>,
  collect: (look: Look) => Promise<T>,
  {
    closing,
    outage,
    nodeAges,
  }: {
    readonly closing: AbortSignal;
    readonly outage: ReturnType<typeof createOutageLog>;
    readonly nodeAges: NodeAges;
  },
): Promise<{ readonly value: T } | undefined> {
  const startedMs = monotonicMs();
  const failures: OrreryError[] = [];
  const late = new OrreryError("DEADLINE_EXCEEDED", `not done within ${budgetMs} ms`);
  const limit = withTimeLimit(closing, budgetMs, () => late);
  const failed = (error: OrreryError) => failures.push(error);
  const { asked, end } = nodeAges.begin(startedMs);
  const ran = (error: unknown) => {
    const result =
      error === undefined ? "ok" : isOrreryError(error, "DEADLINE_EXCEEDED") ? "timeout" : "failed";
    observer.ran({ collector: name, result, elapsedMs: monotonicMs() - startedMs });
    if (error === undefined) outage.worked();
    else outage.failed(error);
  };
  try {
    const value = await raceAbort(
      collect({ signal: limit.signal, nodeTimeoutMs, failed, asked }),
      limit.signal,
    );
    ran(failures.find(({ code }) => code === "DEADLINE_EXCEEDED") ?? failures[0]);
    return { value };
  } catch (error) {
    if (closing.aborted) return undefined;
    ran(error);
    return undefined;
  } finally {
    end(monotonicMs());
    limit.clear();
  }
}
