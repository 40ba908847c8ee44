/** How far a statement of Citus is on one node, and what is in its way there. Run on the node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { fromPgError } from "../../../shards/pg-errors.ts";
import type { StatementReading } from "../../placement-changes.ts";
import { showShards } from "./show-shards.ts";
import type { StatementObjects } from "./statement-objects.ts";

/** An index build or a constraint may lock a table for long; how far those are is told without a lock. */
const LOCK_MS = 200;

const SIZES = `SELECT name, pg_total_relation_size(to_regclass(name))::text AS bytes
FROM unnest($1::text[]) AS t (name) WHERE to_regclass(name) IS NOT NULL`;

/** Of builds by another role PostgreSQL may show no more than that there is one, which then goes on. */
const BUILDS = `SELECT concat_ws(' ', b.pid, b.phase, b.blocks_done, b.tuples_done, b.lockers_done, b.partitions_done,
  CASE WHEN b.relid IS NULL THEN clock_timestamp() END) AS mark
FROM pg_stat_progress_create_index b WHERE b.relid IS NULL OR b.relid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS t (name))`;

/** What was sent says nothing: a subscriber that fails is sent the same again and again. */
const SLOTS = `SELECT slot_name::text AS slot, active, confirmed_flush_lsn::text AS position,
  pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS behind
FROM pg_replication_slots WHERE slot_name = ANY ($1::text[])`;

const FAILURES = `SELECT s.subname::text AS subscription, t.apply_error_count::text AS failures
FROM pg_subscription s JOIN pg_stat_subscription_stats t ON t.subid = s.oid
WHERE s.subname = ANY ($1::text[]) AND t.apply_error_count > 0`;

/** Connections of Citus end in the number of the process that they work for, filled up to ten digits. */
const WAITS = `SELECT a.pid, blocker, b.application_name AS name, round(extract(epoch FROM clock_timestamp() - b.xact_start)) AS seconds
FROM pg_stat_activity a CROSS JOIN unnest(pg_blocking_pids(a.pid)) AS blocker
  LEFT JOIN pg_stat_activity b ON b.pid = blocker
WHERE a.wait_event_type = 'Lock' AND (a.application_name = $1
  OR a.application_name LIKE 'citus\\_internal gpid=%' AND right(a.application_name, 10) = lpad($2::int::text, 10, '0'))`;

export interface MarkedStatement {
  /** Its name on the Citus coordinator node, and its process there. */
  readonly session: string;
  readonly process: number;
  /** What it has begun on this node. */
  readonly objects: StatementObjects;
}

export async function readMarks(
  query: AdminQuery,
  node: string,
  { session, process, objects: { tables, subscriptions, slots } }: MarkedStatement,
): Promise<StatementReading> {
  await showShards(query);
  const builds = await query(BUILDS, [tables]);
  const positions = await query(SLOTS, [slots]);
  const failures = await query(FAILURES, [subscriptions]);
  const waits = await query(WAITS, [session, process]);
  const sizes = await readSizes(query, node, tables);
  return {
    marks: [
      ...builds.map(({ mark }) => `${node} build ${mark}`),
      ...positions.map(({ slot, position }) => `${node} ${slot} ${position}`),
      ...sizes.map(({ name, bytes }) => `${node} ${name} ${bytes}`),
    ],
    obstacles: [
      ...failures.map(
        ({ subscription, failures: times }) =>
          `${node} could not apply changes of subscription ${subscription} (${times} times; its log says why)`,
      ),
      ...positions
        .filter(({ active }) => active === false)
        .map(({ slot, behind }) => `nobody reads slot ${slot} of ${node}, ${behind} bytes behind`),
      ...waits.map((wait) => `${node}: ${waitSentence(wait)}`),
    ],
  };
}

/** None where a lock is in the way. */
async function readSizes(
  query: AdminQuery,
  node: string,
  tables: readonly string[],
): Promise<readonly Record<string, unknown>[]> {
  if (tables.length === 0) return [];
  await query(`SET lock_timeout TO ${LOCK_MS}`);
  try {
    return await query(SIZES, [tables]);
  } catch (error) {
    if (fromPgError(error, { node, write: false, sent: true }).code !== "STATEMENT_CONFLICT") throw error;
    return [];
  }
}

function waitSentence({ pid, blocker, name, seconds }: Record<string, unknown>): string {
  if (Number(blocker) === 0) return `process ${pid} waits for a prepared transaction`;
  const who = name === null || name === "" ? "" : ` (${name})`;
  const since = seconds === null ? "" : `, in a transaction for ${seconds} s`;
  return `process ${pid} waits for a lock of process ${blocker}${who}${since}`;
}
