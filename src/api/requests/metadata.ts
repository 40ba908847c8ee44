import { invalidField } from "../../errors.ts";
import type { StructFields, StructValue, UnreadStruct } from "../wire/struct.ts";
import type { Limits } from "./limits.ts";
import { isText, toText } from "./text.ts";

const MAX_DEPTH = 32;

/**
 * Metadata as JSON text. Throws naming the path of what PostgreSQL or JSON cannot hold, as `metadata.a.b[2]`.
 */
export function toMetadata(unread: UnreadStruct, path: string, limits: Limits): string {
  const metadata = readStruct(unread, path);
  checkValue(metadata, { of: undefined, name: path }, 1);
  const text = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(text);
  if (bytes > limits.metadataBytes) {
    throw invalidField(path, `has ${bytes} bytes as JSON text, at most ${limits.metadataBytes} are allowed`);
  }
  return text;
}

function readStruct(unread: UnreadStruct, path: string): StructFields {
  try {
    return unread.read();
  } catch (error) {
    throw invalidField(path, `cannot be read: ${(error as Error).message}`);
  }
}

/** Where a value is; written out only for an error, as there may be tens of thousands. */
interface Place {
  /** What it is inside. */
  readonly of: Place | undefined;
  /** A number: of an item of a list. */
  readonly name: string | number;
}

function written({ of, name }: Place): string {
  if (of === undefined) return String(name);
  return typeof name === "number" ? `${written(of)}[${name}]` : `${written(of)}.${name}`;
}

function checkValue(value: StructValue, place: Place, depth: number): void {
  if (value === undefined) throw invalidField(written(place), "has no kind set");
  if (typeof value === "string") {
    if (!isText(value)) toText(value, written(place));
    return;
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw invalidField(written(place), `is ${value}, must be finite`);
  }
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) throw invalidField(written(place), `is nested deeper than ${MAX_DEPTH} levels`);
  if (isList(value)) {
    for (let name = 0; name < value.length; name += 1) {
      checkValue(value[name], { of: place, name }, depth + 1);
    }
    return;
  }
  // Without a prototype: see StructFields.
  for (const name in value) {
    if (!isText(name)) toText(name, written(place));
    checkValue(value[name], { of: place, name }, depth + 1);
  }
}

function isList(value: readonly StructValue[] | StructFields): value is readonly StructValue[] {
  return Array.isArray(value);
}
