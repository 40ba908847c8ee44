/**
 * Moves, splits, isolation: statements that run for minutes or hours on a session of their own, named after
 * the step they belong to. When the client dies the server goes on with it, so whoever leads next looks for
 * the session first.
 */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { LongStatement } from "../cluster-changes.ts";
import { SCHEMA } from "./collections.ts";
import { runFenced } from "./fenced.ts";

/**
 * Citus's words for what another change holds at the moment, or an earlier one has left. They carry no
 * SQLSTATE.
 */
const PASSES =
  /could not acquire the lock required|leftover|orphaned shard|needs to be cleaned up|replication slot .* is active/i;

/** Throws as ClusterChanges.runStatement. */
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
      await runFenced(query, term, textOf(statement));
    });
  } catch (error) {
    if (isOrreryError(error, "STATEMENT_FAILED") && PASSES.test(error.message)) {
      throw new OrreryError("STATEMENT_CONFLICT", error.message, { cause: error, details: error.details });
    }
    throw error;
  }
}

function textOf(statement: LongStatement): { readonly text: string; readonly values: readonly unknown[] } {
  switch (statement.kind) {
    case "move":
      return {
        text: `SELECT citus_move_shard_placement($2::bigint, $3::int, $4::int, $5)
FROM orrery.leadership WHERE term = $1`,
        values: [
          statement.shard,
          statement.source,
          statement.target,
          statement.blockWrites ? "block_writes" : "force_logical",
        ],
      };
    case "split":
      return {
        text: `SELECT citus_split_shard_by_split_points($2::bigint, $3::text[], $4::int[], 'force_logical')
FROM orrery.leadership WHERE term = $1`,
        values: [
          statement.shard,
          statement.points.map(String),
          [...statement.points, 0].map(() => statement.node),
        ],
      };
    case "isolate":
      return {
        text: `SELECT isolate_tenant_to_new_shard($2::regclass, $3::text, 'CASCADE', 'force_logical')
FROM orrery.leadership WHERE term = $1`,
        values: [`${quoteIdentifier(SCHEMA)}.${quoteIdentifier(statement.table)}`, statement.shardKey],
      };
    case "copy reference tables":
      return {
        text: "SELECT replicate_reference_tables('force_logical') FROM orrery.leadership WHERE term = $1",
        values: [],
      };
  }
}

/** A session that is idle has ended its statement and only waits for its client to notice. */
export async function isUnderWay(query: AdminQuery, session: string): Promise<boolean> {
  const [row] = await query(
    "SELECT count(*)::int AS running FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'",
    [session],
  );
  return Number(row?.running) > 0;
}

/** Nothing happens when there is no such session any more. */
export async function cancelStatement(query: AdminQuery, session: string, term: number): Promise<void> {
  await runFenced(query, term, {
    // In the list and not a condition: conditions are looked at in whatever order, so of other sessions as
    // well.
    text: `SELECT (SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE application_name = $2 AND state <> 'idle')
FROM orrery.leadership WHERE term = $1`,
    values: [session],
  });
}
