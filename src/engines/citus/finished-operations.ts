/** Records of operations that have ended, in a table of the Citus coordinator node. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import type { MoveRecord } from "../cluster-changes.ts";
import { runFenced } from "./fenced.ts";

const MOST_LISTED = 10_000;

export async function readFinished(query: AdminQuery, id: string): Promise<string | undefined> {
  const [row] = await query("SELECT record::text AS record FROM orrery.operations WHERE id = $1", [id]);
  return row === undefined ? undefined : String(row.record);
}

export async function listFinished(query: AdminQuery) {
  const rows = await query(
    `SELECT id, record::text AS record FROM orrery.operations ORDER BY finished_at DESC LIMIT ${MOST_LISTED}`,
  );
  return rows.map(({ id, record }) => ({ id: String(id), json: String(record) }));
}

export async function countFinished(query: AdminQuery) {
  const rows = await query(
    "SELECT record->>'kind' AS kind, record->>'state' AS state, count(*) FROM orrery.operations GROUP BY 1, 2",
  );
  return rows.map(({ kind, state, count }) => ({
    kind: String(kind),
    state: String(state),
    count: Number(count),
  }));
}

export async function addFinished(
  query: AdminQuery,
  { id, finishedAtMs, json }: { readonly id: string; readonly finishedAtMs: number; readonly json: string },
  term: number,
): Promise<void> {
  await runFenced(query, term, {
    text: `INSERT INTO orrery.operations (id, finished_at, record)
SELECT $2, to_timestamp($3::double precision / 1000), $4::json FROM orrery.leadership WHERE term = $1
ON CONFLICT (id) DO UPDATE SET finished_at = EXCLUDED.finished_at, record = EXCLUDED.record RETURNING 1`,
    values: [id, finishedAtMs, json],
  });
}

export async function deleteFinished(query: AdminQuery, beforeMs: number, term: number): Promise<void> {
  await runFenced(query, term, {
    text: `WITH deleted AS (
  DELETE FROM orrery.operations USING orrery.leadership
  WHERE term = $1 AND finished_at < to_timestamp($2::double precision / 1000) RETURNING 1)
SELECT (SELECT count(*) FROM deleted) FROM orrery.leadership WHERE term = $1`,
    values: [beforeMs],
  });
}

export async function addMove(query: AdminQuery, move: MoveRecord, term: number): Promise<void> {
  await runFenced(query, term, {
    text: `INSERT INTO orrery.move_history
(operation_id, shard_id, source, target, bytes, copy_bytes, index_bytes, rows, transfer_mode, copy_ms, index_ms, total_ms)
SELECT $2, $3::bigint, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10, $11::float8, $12::float8, $13::float8
FROM orrery.leadership WHERE term = $1 RETURNING 1`,
    values: [
      move.operation,
      move.shard,
      move.source,
      move.target,
      move.bytes,
      move.bytes - move.indexBytes,
      move.indexBytes,
      move.rows,
      move.transferMode,
      move.copyMs,
      move.indexMs,
      move.totalMs,
    ],
  });
}
