import { pause } from "../../lib/pause.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";

const LIMIT_MS = 60_000;
const INTERVAL_MS = 500;

/**
 * Drops the old placements, slots, publications, subscriptions and other things that changes left behind.
 * Tries for a minute: what is on a node that is away stays there, and Citus keeps trying to drop it. Returns
 * a message for people, empty when nothing is left.
 */
export async function cleanUp({ changes, epochMs }: ChangeDeps, context: JobContext): Promise<string> {
  const { signal } = context;
  const deadline = epochMs() + LIMIT_MS;
  for (;;) {
    signal.throwIfAborted();
    const left = await repeatStep(() => changes.cleanUp(termOf(context), signal), context);
    if (left === 0) return "";
    if (epochMs() > deadline) return `${left} left-overs could not be dropped yet; the cluster keeps trying`;
    await pause(INTERVAL_MS, signal);
  }
}
