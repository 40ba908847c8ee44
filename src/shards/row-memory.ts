/** How much memory a row of a result takes while its request has it. */

import type { Row } from "./statement.ts";

/** The array, the record made of it, and the map or list it is put in. */
const ROW_BYTES = 200;
/** A text or number on its own, and its place in array and record. */
const FIELD_BYTES = 40;

/**
 * Estimates bytes of memory. `fields` are texts as they arrived, or null; `wireLength` is the length of the
 * row's message: itself, the number of fields, and a length before each. V8 keeps a text with characters
 * beyond Latin-1 in two bytes a character, so every text counts double where some have more bytes than
 * characters.
 */
export function heldByRow(fields: readonly unknown[], wireLength: number): number {
  let characters = 0;
  for (const field of fields) if (field !== null) characters += (field as string).length;
  const bytes = wireLength - 6 - 4 * fields.length;
  return ROW_BYTES + FIELD_BYTES * fields.length + (characters === bytes ? characters : 2 * characters);
}

/** The same for a row whose columns have been parsed. */
export function heldByParsedRow(row: Row): number {
  let bytes = ROW_BYTES + FIELD_BYTES * row.length;
  for (const column of row) {
    if (typeof column === "string") bytes += 2 * column.length;
    else if (column instanceof Float32Array) bytes += column.byteLength;
  }
  return bytes;
}
