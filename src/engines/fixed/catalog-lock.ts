/** Lets one caller at a time create and drop collections, over all coordinators of the cluster. */
import { randomInt } from "node:crypto";
import { OrreryError } from "../../errors.ts";
import { createLimiter } from "../../lib/limiter.ts";
import { type AdminOptions, withAdminTransaction } from "../../shards/pg/admin-session.ts";

/**
 * The lock of the holder. Each statement that changes the catalogs carries it (`holdsLock`), so one that was
 * delayed until the lock was lost changes nothing. null: the lock cannot be lost.
 */
export type LockToken = number | null;

/** Runs `work` while nobody else does. Errors as NodeDriver.run, and those of `work`. */
export type CatalogLock = <T>(signal: AbortSignal, work: (token: LockToken) => Promise<T>) => Promise<T>;

/** Key of the advisory lock: "orrery" in ASCII. */
const LOCK_KEY = 0x6f7272657279;
/** All smaller than the key. */
const TOKENS = 2 ** 40;
/** The server ends a transaction that is idle for 15 s, as that of a frozen coordinator is. */
const KEEP_ALIVE_MS = 4_000;
const MAX_WAITING = 1_000;

/** For nodes that belong to this process alone. */
export function createProcessLock(): CatalogLock {
  const limiter = createLimiter({
    max: 1,
    queue: MAX_WAITING,
    full: () => new OrreryError("OVERLOADED", `${MAX_WAITING} changes of collections wait already`),
  });
  return async (signal, work) => {
    const release = await limiter.acquire(signal);
    try {
      return await work(null);
    } finally {
      release();
    }
  };
}

/** `adminOf` finds the server with the catalogs, on which a session holds the lock until `work` has ended. */
export function createServerLock(adminOf: (signal: AbortSignal) => Promise<AdminOptions>): CatalogLock {
  return async (signal, work) =>
    withAdminTransaction(await adminOf(signal), signal, async (query) => {
      const token = randomInt(1, TOKENS);
      await query("SELECT pg_advisory_xact_lock($1)", [LOCK_KEY]);
      await query("SELECT pg_advisory_xact_lock($1)", [token]);
      // When that fails the lock is lost, and the next statement that carries it says so.
      const keepAlive = setInterval(() => void query("SELECT 1").catch(() => {}), KEEP_ALIVE_MS);
      try {
        return await work(token);
      } finally {
        clearInterval(keepAlive);
      }
    });
}

/** SQL condition: the lock whose token is `parameter` (`$1`, ...) is held at this moment. */
export function holdsLock(parameter: string): string {
  return `(${parameter}::int8 IS NULL OR EXISTS (
  SELECT FROM pg_catalog.pg_locks JOIN pg_catalog.pg_database d ON d.oid = database AND datname = current_database()
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND (classid::int8 << 32 | objid::int8) = ${parameter}))`;
}

/** For a statement that carried a lock which nobody holds any more. */
export function lockLost(): OrreryError {
  return new OrreryError(
    "STATEMENT_CONFLICT",
    "the lock on changes of collections was lost, or the collection was dropped meanwhile",
  );
}
