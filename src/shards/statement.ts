/** A statement as the stages above the drivers see it. */

/**
 * Values in the forms every driver can bind: a Float32Array is a pgvector `vector`, an array a PostgreSQL
 * array, a bigint an `int8`. The caller encodes everything else.
 */
export type StatementValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Float32Array
  | readonly (string | number | bigint | null)[];

export interface Statement {
  readonly text: string;
  readonly values: readonly StatementValue[];
  /** True when the text has one of a bounded number of shapes, so that preparing it on the server pays. */
  readonly prepare: boolean;
  /**
   * True where PostgreSQL may choose to find rows by another index than the one in whose order they are
   * wanted, and sort them; otherwise it does so only where there is no other way (planner-settings.ts). Not
   * with `prepare`.
   */
  readonly sorts?: true;
}

/** About how much memory the statement's values take while it waits, in bytes. */
export function bytesOf({ values }: Statement): number {
  let bytes = 0;
  for (const value of values) bytes += bytesOfValue(value);
  return bytes;
}

function bytesOfValue(value: StatementValue): number {
  if (typeof value === "string") return value.length * 2;
  if (value instanceof Float32Array) return value.byteLength;
  if (!Array.isArray(value)) return 8;
  let bytes = 0;
  for (const item of value as readonly (string | number | bigint | null)[])
    bytes += typeof item === "string" ? item.length * 2 : 8;
  return bytes;
}

/**
 * One column of a result: `text`, `uuid` and `name` are strings, `int2`, `int4`, `float4` and `float8`
 * numbers, `int8` a bigint, `bool` a boolean, `vector` a Float32Array, NULL null. Statements cast everything
 * else to these (`metadata::text`, `array_to_json(tags)::text`).
 */
export type Column = string | number | bigint | boolean | Float32Array | null;

/** Rows by position, in the order of the select list. */
export type Row = readonly Column[];
