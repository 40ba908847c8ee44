import { invalidField } from "../../errors.ts";
import type { StructFields, StructValue, UnreadStruct } from "../wire/struct.ts";
import type { Limits } from "./limits.ts";
import { toText } from "./text.ts";

const MAX_DEPTH = 32;

/**
 * Metadata as JSON text. Throws naming the path of what PostgreSQL or JSON cannot hold, as `metadata.a.b[2]`.
 */
export function toMetadata(unread: UnreadStruct, path: string, limits: Limits): string {
  const metadata = readStruct(unread, path);
  checkValue(metadata, path, 1);
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

function checkValue(value: StructValue, path: string, depth: number): void {
  if (value === undefined) throw invalidField(path, "has no kind set");
  if (typeof value === "string") toText(value, path);
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw invalidField(path, `is ${value}, must be finite`);
  }
  if (typeof value !== "object" || value === null) return;
  if (depth > MAX_DEPTH) throw invalidField(path, `is nested deeper than ${MAX_DEPTH} levels`);
  for (const [key, item] of Object.entries(value)) {
    toText(key, path);
    checkValue(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, depth + 1);
  }
}
