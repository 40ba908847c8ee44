/** What moves took, in a table of the Citus coordinator node, which an older schema lacks. */
import type { ClusterReading } from "../../../rebalance/cluster-inventory.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { MoveRecord } from "../../placement-changes.ts";
import { runFenced } from "./fenced.ts";

const ADD = `INSERT INTO orrery.move_history
(operation_id, shard_id, source, target, bytes, copy_bytes, index_bytes, rows, transfer_mode, copy_ms, index_ms, total_ms)
SELECT $2, $3::bigint, $4, $5, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10, $11::float8, $12::float8, $13::float8
FROM orrery.leadership WHERE term = $1 RETURNING 1`;

/** Of the last moves: bytes and milliseconds of each phase, and of all else. */
const RATES = `SELECT count(*) AS moves, sum(copy_bytes) AS copy_bytes, sum(copy_ms) AS copy_ms,
  sum(index_bytes) AS index_bytes, sum(index_ms) AS index_ms, avg(total_ms - copy_ms - index_ms) AS overhead_ms
FROM (SELECT * FROM orrery.move_history ORDER BY id DESC LIMIT 20) AS last`;

/** Phases are sampled twice a second: less than this in all says nothing about a rate. */
const LEAST_PHASE_MS = 2_000;

export async function addMove(query: AdminQuery, move: MoveRecord, term: number): Promise<void> {
  const values = [
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
  ];
  await runFenced(query, term, { text: ADD, values });
}

/** undefined: nothing has been moved yet, or the schema has no table for it. */
export async function readMoveRates(query: AdminQuery): Promise<ClusterReading["rates"]> {
  const [table] = await query("SELECT to_regclass('orrery.move_history') IS NOT NULL AS present");
  if (table?.present !== true) return undefined;
  const [row = {}] = await query(RATES);
  const { moves, copy_bytes, copy_ms, index_bytes, index_ms, overhead_ms } = row;
  if (Number(moves) === 0) return undefined;
  const rate = (bytes: unknown, ms: unknown) =>
    Number(ms) >= LEAST_PHASE_MS && Number(bytes) > 0 ? (Number(bytes) / Number(ms)) * 1000 : undefined;
  const copyBytesPerSecond = rate(copy_bytes, copy_ms);
  const indexBytesPerSecond = rate(index_bytes, index_ms);
  return {
    ...(copyBytesPerSecond !== undefined && { copyBytesPerSecond }),
    ...(indexBytesPerSecond !== undefined && { indexBytesPerSecond }),
    overheadSeconds: Math.max(0, Number(overhead_ms) / 1000),
    measuredMoves: Number(moves),
  };
}
