/** Records of operations that have ended, in a table of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { FinishedOperations } from "../../finished-operations.ts";
import { runFenced } from "./fenced.ts";

const MOST_LISTED = 10_000;

const READ = "SELECT record::text AS record FROM orrery.operations WHERE id = $1";

const LIST = `SELECT id, record::text AS record FROM orrery.operations ORDER BY finished_at DESC LIMIT ${MOST_LISTED}`;

const COUNT =
  "SELECT record->>'kind' AS kind, record->>'state' AS state, count(*) FROM orrery.operations GROUP BY 1, 2";

const ADD = `INSERT INTO orrery.operations (id, finished_at, record)
SELECT $2, to_timestamp($3::double precision / 1000), $4::json FROM orrery.leadership WHERE term = $1
ON CONFLICT (id) DO UPDATE SET finished_at = EXCLUDED.finished_at, record = EXCLUDED.record RETURNING 1`;

const DELETE = `WITH deleted AS (
  DELETE FROM orrery.operations USING orrery.leadership
  WHERE term = $1 AND finished_at < to_timestamp($2::double precision / 1000) RETURNING 1)
SELECT (SELECT count(*) FROM deleted) FROM orrery.leadership WHERE term = $1`;

export async function readFinished(query: AdminQuery, id: string): Promise<string | undefined> {
  const [row] = await query(READ, [id]);
  return row === undefined ? undefined : String(row.record);
}

export async function listFinished(query: AdminQuery) {
  const rows = await query(LIST);
  return rows.map(({ id, record }) => ({ id: String(id), json: String(record) }));
}

export async function countFinished(query: AdminQuery) {
  const rows = await query(COUNT);
  return rows.map(({ kind, state, count }) => ({
    kind: String(kind),
    state: String(state),
    count: Number(count),
  }));
}

export async function addFinished(
  query: AdminQuery,
  { id, finishedAtMs, json }: Parameters<FinishedOperations["add"]>[0],
  term: number,
): Promise<void> {
  await runFenced(query, term, { text: ADD, values: [id, finishedAtMs, json] });
}

export async function deleteFinished(query: AdminQuery, beforeMs: number, term: number): Promise<void> {
  await runFenced(query, term, { text: DELETE, values: [beforeMs] });
}
