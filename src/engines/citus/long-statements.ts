/**
 * Moves, splits, isolation, builds of indexes: statements that run for minutes or hours on a session of their
 * own, named after the step they belong to. When the client dies the server goes on with it, so the next
 * leader looks for the session first.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { LongStatement } from "../placement-changes.ts";
import { runFenced } from "./sql/fenced.ts";
import { longStatement } from "./sql/long-statement.ts";
import { reindex } from "./sql/vector-index.ts";

/**
 * Where Citus finds that another change holds what this one needs, or that an earlier one has left something.
 * These errors have no SQLSTATE of their own.
 */
const PASSES: ReadonlySet<unknown> = new Set([
  "AcquireNonblockingSplitLock",
  "AcquirePlacementColocationLock",
  "AcquireRebalanceColocationLock",
  "AcquireShardPlacementLock",
  "ErrorIfCleanupRecordForShardExists",
]);
/** As a replication slot is that still serves an earlier change. */
const OBJECT_IN_USE = "55006";
const LOCK_NOT_AVAILABLE = "55P03";

/** Throws as PlacementChanges.runStatement. */
export async function runLongStatement(
  admin: AdminOptions,
  statement: LongStatement,
  { session, term }: { readonly session: string; readonly term: number },
  signal: AbortSignal,
): Promise<void> {
  try {
    await withAdminSession({ ...admin, applicationName: session }, signal, async (query) => {
      // A notice sent to a client that is gone would end the statement.
      await query("SET client_min_messages TO error");
      await query("SET statement_timeout TO 0");
      await query("SET client_connection_check_interval TO 0");
      if (statement.kind === "reindex") await reindex(query, statement, term);
      else await runFenced(query, term, longStatement(statement));
    });
  } catch (error) {
    if (isOrreryError(error, "STATEMENT_FAILED", "LOCK_TIMEOUT") && passes(error.cause)) {
      throw new OrreryError("STATEMENT_CONFLICT", error.message, { cause: error, details: error.details });
    }
    throw error;
  }
}

function passes(cause: unknown): boolean {
  const { code, routine } = cause as { readonly code?: unknown; readonly routine?: unknown };
  return code === OBJECT_IN_USE || code === LOCK_NOT_AVAILABLE || PASSES.has(routine);
}
