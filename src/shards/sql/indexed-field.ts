/**
 * What the index of a filter field has of a record, the same text in the index and in the conditions that it
 * serves. Pure.
 */
import type { FilterField } from "../../topology/collection-settings.ts";

export type FieldType = FilterField["type"];

/**
 * Of a text an index has so many characters: more than a third of a page in a row of it would have the write
 * refused. What differs later only is told apart by the record itself.
 */
export const INDEXED_CHARACTERS = 64;

/**
 * NULL where the value is of another type, so that it neither counts nor, however large it is, comes into the
 * index. `path`: the place of an array of names, or such an array.
 */
export function indexedField(type: FieldType, path: string): string {
  const stored = `metadata #> ${path}`;
  const ofType = (name: string, value: string) =>
    `(CASE WHEN jsonb_typeof(${stored}) = '${name}' THEN ${value} END)`;
  switch (type) {
    case "number":
      return ofType("number", stored);
    case "bool":
      return ofType("boolean", stored);
    case "string":
    case "time":
      return ofType("string", `left(metadata #>> ${path}, ${INDEXED_CHARACTERS})`);
  }
}

/** What follows a field, in an index and in conditions: texts are in the order of their bytes. */
export function fieldCollation(type: FieldType): "" | ' COLLATE "C"' {
  return isText(type) ? ' COLLATE "C"' : "";
}

export function isText(type: FieldType): boolean {
  return type === "string" || type === "time";
}

/** A text as the index has it, and whether the index alone can tell it from all others. */
export function indexedText(text: string): { readonly start: string; readonly isWhole: boolean } {
  const characters = [...text];
  const isWhole = characters.length < INDEXED_CHARACTERS;
  return { start: isWhole ? text : characters.slice(0, INDEXED_CHARACTERS).join(""), isWhole };
}
