/** A lock for work that may take hours. */
import { pause } from "../lib/pause.ts";
import type { AdminQuery } from "../shards/pg/admin-session.ts";

const POLL_MS = 500;
/** Arbitrary, and Orrery's own: of everything that builds indexes or writes rows anew. */
export const BUILD_LOCK = 7238461593;

/**
 * Takes an advisory lock of the session. It is polled for: one who waits in PostgreSQL keeps a snapshot, and
 * CREATE INDEX CONCURRENTLY of the holder would wait for that. Abort: the signal's reason.
 */
export async function waitForLock(query: AdminQuery, key: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    const [row] = await query("SELECT pg_try_advisory_lock($1) AS held", [key]);
    if (row?.held === true) return;
    await pause(POLL_MS, signal);
    signal.throwIfAborted();
  }
}
