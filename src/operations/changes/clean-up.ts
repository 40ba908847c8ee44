import { OrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";

const LIMIT_MS = 60_000;
const INTERVAL_MS = 500;
const NOT_DROPPED = "could not be dropped yet; the cluster keeps trying";

/**
 * Drops the old placements, slots, publications, subscriptions and other things that changes left behind.
 * Tries for a minute: what is on a node that is away stays there, and Citus keeps trying to drop it. Returns
 * a message for people, empty when nothing is left.
 */
export async function cleanUp({ changes }: ChangeDeps, context: JobContext): Promise<string> {
  const { signal, report } = context;
  const tooLong = () => new OrreryError("DEADLINE_EXCEEDED", `left-overs ${NOT_DROPPED}`);
  // A node that is frozen lets nobody drop anything, and answers nothing.
  const limit = withTimeLimit(signal, LIMIT_MS, tooLong);
  const within = { signal: limit.signal, report };
  let left: number | undefined;
  try {
    for (;;) {
      left = await repeatStep(() => changes.cleanUp(termOf(context), limit.signal), within);
      if (left === 0) return "";
      await pause(INTERVAL_MS, limit.signal);
      limit.signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!limit.signal.aborted) throw error;
    return `${left ?? "some"} left-overs ${NOT_DROPPED}`;
  } finally {
    limit.clear();
  }
}
