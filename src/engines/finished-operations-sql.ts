/** Reads and writes `orrery.operations`, the same in every engine. */

const MOST_LISTED = 10_000;

/** `$1`: an id. */
export const READ_FINISHED = "SELECT record::text AS record FROM orrery.operations WHERE id = $1";

/** Newest first. */
export const LIST_FINISHED = `SELECT id, record::text AS record FROM orrery.operations ORDER BY finished_at DESC LIMIT ${MOST_LISTED}`;

export const COUNT_FINISHED =
  "SELECT record->>'kind' AS kind, record->>'state' AS state, count(*) AS count FROM orrery.operations GROUP BY 1, 2";

/** `$1`: the id, `$2`: the end in milliseconds since 1970, `$3`: the record. Leaves what is there. */
export const ADD_FINISHED = `INSERT INTO orrery.operations (id, finished_at, record)
VALUES ($1, to_timestamp($2::double precision / 1000), $3::json) ON CONFLICT (id) DO NOTHING`;

/** `$1`: the term; then as above. Replaces what is there. No row when the term is over. */
export const REPLACE_FINISHED = `INSERT INTO orrery.operations (id, finished_at, record)
SELECT $2::text, to_timestamp($3::double precision / 1000), $4::json FROM orrery.leadership WHERE term = $1
ON CONFLICT (id) DO UPDATE SET finished_at = EXCLUDED.finished_at, record = EXCLUDED.record RETURNING 1`;

/** `$1`: the term, `$2`: milliseconds since 1970. No row when the term is over. */
export const DELETE_FINISHED = `WITH deleted AS (
  DELETE FROM orrery.operations USING orrery.leadership
  WHERE term = $1 AND finished_at < to_timestamp($2::double precision / 1000) RETURNING 1)
SELECT (SELECT count(*) FROM deleted) FROM orrery.leadership WHERE term = $1`;
