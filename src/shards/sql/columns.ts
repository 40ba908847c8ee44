/**
 * The payload of a record, which a read may ask for: value and tags, metadata, vector. It comes with its size
 * and only where it is small enough, so that a result stays within its bounds whatever was stored.
 */
import type { Row } from "../statement.ts";

export interface Wanted {
  /** Value and tags. */
  readonly value: boolean;
  readonly metadata: boolean;
  readonly vector: boolean;
}

/** The bound of a payload where there is none. */
export const ANY_SIZE = Number.MAX_SAFE_INTEGER;

/**
 * Fields that were left out or not asked for, and a value or metadata that the record lacks, are undefined.
 */
export interface WantedColumns {
  /** Of value, tags and metadata as text and the vector in binary, also when they were left out. */
  readonly payloadBytes?: number;
  readonly value?: string;
  readonly tags?: readonly string[];
  readonly metadata?: string | undefined;
  readonly vector?: Float32Array;
}

export function hasPayload(wanted: Wanted): boolean {
  return wanted.value || wanted.metadata || wanted.vector;
}

/** `, value, tags, ...` of the table, or nothing. */
export function tableColumns(wanted: Wanted): string {
  return [
    wanted.value ? ", value, tags" : "",
    wanted.metadata ? ", metadata" : "",
    wanted.vector ? ", embedding" : "",
  ].join("");
}

/**
 * The same as results have them. To be selected below a LIMIT or a window, so that they are computed once,
 * for the rows that are left, and not before a sort.
 */
export function textColumns(wanted: Wanted): string {
  return [
    wanted.value ? ", value, array_to_json(tags)::text AS tags" : "",
    wanted.metadata ? ", metadata::text AS metadata" : "",
    wanted.vector ? ", embedding" : "",
  ].join("");
}

/** Of `textColumns`, as a sum of `int4`. Neither the value nor the vector is read for it. */
export function payloadBytes(wanted: Wanted): string {
  const parts = [
    ...(wanted.value ? ["coalesce(octet_length(value), 0)", "octet_length(tags)"] : []),
    ...(wanted.metadata ? ["coalesce(octet_length(metadata), 0)"] : []),
    ...(wanted.vector ? ["pg_column_size(embedding)"] : []),
  ];
  return parts.length === 0 ? "0" : parts.join(" + ");
}

/** Over `textColumns`: `, size, columns` where `condition` holds, `, size, nulls` elsewhere; or nothing. */
export function payloadWhere(condition: string, wanted: Wanted): string {
  if (!hasPayload(wanted)) return "";
  const names = [
    ...(wanted.value ? ["value", "tags"] : []),
    ...(wanted.metadata ? ["metadata"] : []),
    ...(wanted.vector ? ["embedding"] : []),
  ];
  const columns = names.map((name) => `CASE WHEN ${condition} THEN ${name} END`);
  return `, ${payloadBytes(wanted)}, ${columns.join(", ")}`;
}

/**
 * The same over `tableColumns`, without metadata: then everything has a size before it is text, and a level
 * of the statement is saved, which counts where a statement takes less than a millisecond.
 */
export function tablePayloadWithin(most: string, wanted: Wanted): string {
  const sizes = [
    ...(wanted.value ? ["coalesce(octet_length(value), 0)", "pg_column_size(tags)"] : []),
    ...(wanted.vector ? ["pg_column_size(embedding)"] : []),
  ];
  const columns = [
    ...(wanted.value ? ["value", "array_to_json(tags)::text"] : []),
    ...(wanted.vector ? ["embedding"] : []),
  ];
  const size = sizes.join(" + ");
  return `, ${size}, ${columns.map((column) => `CASE WHEN ${size} <= ${most} THEN ${column} END`).join(", ")}`;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_TAGS: readonly string[] = [];

/**
 * Reads `payloadWhere(..., wanted)` from position `at` of a row into `record`, which is returned. Runs once
 * per row.
 */
export function readWanted<T extends object>(
  record: T,
  row: Row,
  at: number,
  wanted: Wanted,
): T & WantedColumns {
  const columns = record as T & Writable<WantedColumns>;
  if (!hasPayload(wanted)) return columns;
  columns.payloadBytes = row[at] as number;
  let next = at + 1;
  if (wanted.value) {
    const value = row[next++] as string | null;
    if (value !== null) columns.value = value;
    const tags = row[next++] as string | null;
    if (tags !== null) columns.tags = tags === "[]" ? NO_TAGS : (JSON.parse(tags) as string[]);
  }
  if (wanted.metadata) {
    const metadata = row[next++] as string | null;
    if (metadata !== null) columns.metadata = metadata;
  }
  if (wanted.vector) {
    const vector = row[next++] as Float32Array | null;
    if (vector !== null) columns.vector = vector;
  }
  return columns;
}
