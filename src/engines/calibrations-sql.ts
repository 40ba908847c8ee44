/**
 * Reads and writes `orrery.vector_indexes`, the same in every engine. Where `$1` is the term it is a fence.
 */
import type { Column } from "../shards/statement.ts";
import type { StoredCalibration } from "./engine.ts";

/** Rows as `decodeCalibration` takes them. */
export const READ_CALIBRATIONS =
  "SELECT collection_id, size_class, fan_out, namespace, measured::text FROM orrery.vector_indexes";

export function decodeCalibration([
  collectionId,
  sizeClass,
  fanOut,
  namespace,
  measured,
]: readonly Column[]): StoredCalibration {
  return {
    collectionId: Number(collectionId),
    sizeClass: Number(sizeClass),
    fanOut: Number(fanOut),
    namespace: String(namespace),
    measured: JSON.parse(String(measured)),
  };
}

/** `$2`: the lines as JSON. No row when the term is over, with nothing written. */
export const PUT_CALIBRATIONS = `INSERT INTO orrery.vector_indexes AS known
  (collection_id, size_class, fan_out, namespace, measured_at, measured)
SELECT c."collectionId", c."sizeClass", c."fanOut", c.namespace, now(), c.measured
FROM orrery.leadership, jsonb_to_recordset($2::jsonb) AS c
  ("collectionId" int, "sizeClass" int, "fanOut" int, namespace text, measured jsonb)
WHERE term = $1
ON CONFLICT (collection_id, size_class, fan_out, namespace)
  DO UPDATE SET measured_at = EXCLUDED.measured_at, measured = EXCLUDED.measured
RETURNING 1 AS done`;

/**
 * `$1`-`$3`: collection, size and fan-out; `$4`: the namespaces that are kept. Only after
 * PUT_CALIBRATIONS, in the same transaction.
 */
export const DELETE_OTHER_LINES = `DELETE FROM orrery.vector_indexes
WHERE collection_id = $1 AND size_class = $2 AND fan_out = $3 AND namespace <> ALL ($4::text[])`;

/** Harmless after the term is over too: what was dropped stays dropped. */
export const FORGET_DROPPED = `DELETE FROM orrery.vector_indexes
WHERE collection_id NOT IN (SELECT id FROM orrery.collections)`;
