/**
 * A step that needs a server. If that is lost meanwhile, the statement may never end, and repeating it
 * neither.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import { raceAbort } from "../../lib/race-abort.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import { type JobContext, repeatStep } from "../job.ts";
import type { ChangeDeps } from "./change-deps.ts";

const PING_INTERVAL_MS = 1_000;
const PING_LIMIT_MS = 10_000;

export interface ServerStep<T> {
  /** Name of the server. */
  readonly server: string;
  /** May be repeated. Should end when the signal aborts. */
  run(signal: AbortSignal): Promise<T>;
  readonly maxRepetitions: number;
  /** How long the server may not answer before it counts as lost. */
  readonly patienceMs: number;
}

/**
 * The step's result, or `lost` when the server was. Throws what the step fails with for good, or the signal's
 * reason.
 */
export async function whileReachable<T>(
  { changes, epochMs }: Pick<ChangeDeps, "changes" | "epochMs">,
  { server, run, maxRepetitions, patienceMs }: ServerStep<T>,
  { signal, report }: Pick<JobContext, "signal" | "report">,
): Promise<{ readonly lost: false; readonly value: T } | { readonly lost: true }> {
  const lost = new AbortController();
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const watch = async () => {
    let answeredAtMs = epochMs();
    while (!until.aborted) {
      await pause(PING_INTERVAL_MS, until);
      if (until.aborted) return;
      const answers = await isAnswering(changes, server, until);
      if (answers === true) answeredAtMs = epochMs();
      if (answers === false && epochMs() - answeredAtMs >= patienceMs) {
        lost.abort(new OrreryError("NODE_UNAVAILABLE", `${server} does not answer any more`));
        return;
      }
    }
  };
  const limited = AbortSignal.any([signal, lost.signal]);
  const watching = watch();
  try {
    const step = () => raceAbort(run(limited), limited);
    return { lost: false, value: await repeatStep(step, { signal: limited, report }, maxRepetitions) };
  } catch (error) {
    signal.throwIfAborted();
    if (lost.signal.aborted) return { lost: true };
    throw error;
  } finally {
    ended.abort();
    await watching;
  }
}

/** undefined: unknown, as when the Citus coordinator node does not answer. */
async function isAnswering(
  changes: ChangeDeps["changes"],
  server: string,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const limit = withTimeLimit(signal, PING_LIMIT_MS, () => new OrreryError("DEADLINE_EXCEEDED", "no answer"));
  try {
    await changes.serverFacts(server, limit.signal);
    return true;
  } catch (error) {
    const isItself = isOrreryError(error, "NODE_UNAVAILABLE") && error.details.metadata?.node === server;
    return isItself ? false : undefined;
  } finally {
    limit.clear();
  }
}
