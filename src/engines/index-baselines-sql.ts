/** Reads and writes `orrery.index_baselines`, the same in every engine. */
import type { Column } from "../shards/statement.ts";
import type { IndexBaseline } from "./engine.ts";

/** Rows as `decodeBaseline` takes them. */
export const READ_BASELINES = "SELECT shard_id, build, bytes_per_row FROM orrery.index_baselines";

export function decodeBaseline([shard, build, bytesPerRow]: readonly Column[]): IndexBaseline {
  return { shard: Number(shard), build: String(build), bytesPerRow: Number(bytesPerRow) };
}

/**
 * `$1`: the term; `$2`: baselines as JSON; `$3`: all shards. No row when the term is over, with nothing
 * written.
 */
export const PUT_BASELINES = `WITH present AS (SELECT FROM orrery.leadership WHERE term = $1),
gone AS (DELETE FROM orrery.index_baselines USING present WHERE shard_id <> ALL ($3::bigint[])),
put AS (
  INSERT INTO orrery.index_baselines AS known (shard_id, build, bytes_per_row)
  SELECT b.shard, b.build, b."bytesPerRow" FROM present, json_to_recordset($2::json) AS b (shard bigint, build text, "bytesPerRow" float8)
  ON CONFLICT (shard_id) DO UPDATE SET build = EXCLUDED.build, bytes_per_row = EXCLUDED.bytes_per_row)
SELECT 1 FROM present`;
