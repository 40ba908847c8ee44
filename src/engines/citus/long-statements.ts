/**
 * Moves, splits, isolation: statements that run for minutes or hours on a session of their own, named after
 * the step they belong to. When the client dies the server goes on with it, so the next leader looks for the
 * session first.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { LongStatement } from "../placement-changes.ts";
import { runFenced } from "./sql/fenced.ts";
import { longStatement } from "./sql/long-statement.ts";

/**
 * Citus's words for what another change holds at the moment, or an earlier one has left. They carry no
 * SQLSTATE.
 */
const PASSES =
  /could not acquire the lock required|leftover|orphaned shard|needs to be cleaned up|replication slot .* is active/i;

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
      await runFenced(query, term, longStatement(statement));
    });
  } catch (error) {
    if (isOrreryError(error, "STATEMENT_FAILED") && PASSES.test(error.message)) {
      throw new OrreryError("STATEMENT_CONFLICT", error.message, { cause: error, details: error.details });
    }
    throw error;
  }
}
