/** The columns of a record that a read asks for, and how to read them back. */
import type { Row } from "../statement.ts";

export interface Wanted {
  /** Value and tags. */
  readonly value: boolean;
  readonly metadata: boolean;
  readonly vector: boolean;
}

/** Value and metadata are undefined, too, when the record has none. */
export interface WantedColumns {
  readonly value?: string | undefined;
  readonly tags?: readonly string[];
  readonly metadata?: string | undefined;
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

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_TAGS: readonly string[] = [];

/**
 * Reads `wantedColumns(wanted)` from position `at` of a row into `record`, which is returned. Runs once per
 * row.
 */
export function readWanted<T extends object>(
  record: T,
  row: Row,
  at: number,
  wanted: Wanted,
): T & WantedColumns {
  const columns = record as T & Writable<WantedColumns>;
  let next = at;
  if (wanted.value) {
    columns.value = (row[next++] ?? undefined) as string | undefined;
    const tags = row[next++] as string;
    columns.tags = tags === "[]" ? NO_TAGS : (JSON.parse(tags) as string[]);
  }
  if (wanted.metadata) columns.metadata = (row[next++] ?? undefined) as string | undefined;
  if (wanted.vector) columns.vector = row[next++] as Float32Array;
  return columns;
}
