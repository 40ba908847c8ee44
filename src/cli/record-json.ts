/** One record as a JSON text: what `upsert` and `import` read. */

import type { NewRecord } from "../client/messages.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import type { JsonObject } from "../lib/json.ts";
import { lossyNumbers } from "./lossy-number.ts";
import { toStruct, toTimestamp, toVector } from "./values.ts";

/** Throws an Error naming the field that is wrong. Limits are left to the server. */
export function parseRecord(text: string): NewRecord {
  const record: unknown = JSON.parse(text);
  if (!isObject(record)) throw new Error("a record must be a JSON object");
  for (const name of Object.keys(record)) {
    if (!FIELDS.includes(name)) throw new Error(`${name}: unknown field${didYouMean(name, FIELDS)}`);
  }
  const lossy = lossyNumbers(text).find((path) => path.startsWith("metadata."));
  if (lossy !== undefined)
    throw new Error(`${lossy}: this number does not fit a double; write it as a string`);

  const broken = firstBroken(record);
  if (broken !== undefined) {
    throw new Error(`${broken}: has half of a surrogate pair, which UTF-8 cannot hold`);
  }

  const { namespace, key, value, metadata, tags, vector, createdAt, version } = record;
  return {
    namespace: check("namespace", namespace, isString, "a string"),
    key: check("key", key, isString, "a string"),
    value: optional(value, () => check("value", value, isString, "a string")),
    metadata: optional(metadata, () => toStruct(check("metadata", metadata, isObject, "an object"))),
    tags: optional(tags, () => check("tags", tags, isListOf(isString), "a list of strings")),
    vector: optional(vector, () =>
      toVector(check("vector", vector, isListOf(isNumber), "a list of numbers")),
    ),
    createdAt: optional(createdAt, () => {
      const time = toTimestamp(check("createdAt", createdAt, isString, "a string"));
      if (time === undefined) throw new Error("createdAt: must be a time such as 2026-01-31T12:00:00Z");
      return time;
    }),
    version: optional(version, () => String(check("version", version, isVersion, "a whole number"))),
  };
}

const FIELDS = ["namespace", "key", "value", "metadata", "tags", "vector", "createdAt", "version"];

/**
 * The path of the first text that is no valid Unicode: JSON can escape half of a surrogate pair, and encoding
 * it would quietly write U+FFFD instead.
 */
function firstBroken(value: unknown, path = ""): string | undefined {
  if (typeof value === "string") return /\p{Surrogate}/u.test(value) ? path : undefined;
  if (typeof value !== "object" || value === null) return undefined;
  // Vectors are long and hold no text.
  if (Array.isArray(value) && typeof value[0] === "number" && path === "vector") return undefined;
  for (const [name, item] of Object.entries(value)) {
    const below = path === "" ? name : `${path}.${name}`;
    const broken = firstBroken(name, path === "" ? "a field's name" : path) ?? firstBroken(item, below);
    if (broken !== undefined) return broken;
  }
  return undefined;
}

/** An absent field and one that is null are the same. */
function optional<T>(value: unknown, read: () => T): T | undefined {
  return value === undefined || value === null ? undefined : read();
}

function check<T>(field: string, value: unknown, is: (value: unknown) => value is T, what: string): T {
  if (!is(value)) throw new Error(`${field}: must be ${what}`);
  return value;
}

const isString = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isVersion = (value: unknown): value is string | number => /^\d+$/.test(String(value));
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isListOf =
  <T>(is: (value: unknown) => value is T) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(is);
