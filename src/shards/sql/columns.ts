/** The columns of a record that a read asks for, and how to read them back. */
import type { Row } from "../statement.ts";

export interface Wanted {
  /** Value and tags. */
  readonly value: boolean;
  readonly metadata: boolean;
  readonly vector: boolean;
}

export interface WantedColumns {
  readonly value?: string;
  readonly tags?: readonly string[];
  readonly metadata?: string;
  readonly vector?: Float32Array;
}

/** `, value, ...`, or nothing. */
export function wantedColumns(wanted: Wanted): string {
  return [
    wanted.value ? ", value, array_to_json(tags)::text AS tags" : "",
    wanted.metadata ? ", metadata::text AS metadata" : "",
    wanted.vector ? ", embedding" : "",
  ].join("");
}

/** Reads `wantedColumns(wanted)` from position `at` of a row. */
export function decodeWanted(row: Row, at: number, wanted: Wanted): WantedColumns {
  let next = at;
  return {
    ...(wanted.value
      ? { value: row[next++] as string, tags: JSON.parse(row[next++] as string) as string[] }
      : {}),
    ...(wanted.metadata ? { metadata: row[next++] as string } : {}),
    ...(wanted.vector ? { vector: row[next++] as Float32Array } : {}),
  };
}
