/**
 * Filters as the command line takes them, in the way of MongoDB's queries: `{"year": {"$gte": 2000}, "lang":
 * "en"}`. Names are metadata paths; `$tags`, `$key`, `$createdAt` and `$updatedAt` are the record's own.
 */
import { didYouMean } from "../lib/did-you-mean.ts";
import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { CompareOpInit } from "../proto/generated/orrery/v1/CompareOp.ts";
import type { FilterInit } from "../proto/generated/orrery/v1/Filter.ts";
import { UsageError } from "./exit.ts";
import { lossyNumbers } from "./lossy-number.ts";
import { toTimestamp, toValue } from "./values.ts";

const OPS: Readonly<Record<string, CompareOpInit>> = {
  $eq: "COMPARE_OP_EQ",
  $ne: "COMPARE_OP_NE",
  $in: "COMPARE_OP_IN",
  $gt: "COMPARE_OP_GT",
  $gte: "COMPARE_OP_GTE",
  $lt: "COMPARE_OP_LT",
  $lte: "COMPARE_OP_LTE",
  $contains: "COMPARE_OP_CONTAINS",
  $prefix: "COMPARE_OP_PREFIX",
};
const TIMES = { $createdAt: "TIME_FIELD_CREATED_AT", $updatedAt: "TIME_FIELD_UPDATED_AT" } as const;
const WHOLE = ["$and", "$or", "$not", "$tags", "$key", ...Object.keys(TIMES)];

/** Throws UsageError naming the part that is wrong. Limits are left to the server. */
export function parseFilter(text: string): FilterInit {
  let filter: unknown;
  try {
    filter = JSON.parse(text);
  } catch {
    throw new UsageError("--filter: is not JSON");
  }
  const [lossy] = lossyNumbers(text);
  if (lossy !== undefined)
    throw new UsageError(`--filter: ${lossy} does not fit a double; write it as a string`);
  return toFilter(filter, "--filter");
}

/** All of its members must hold. */
function toFilter(filter: unknown, at: string): FilterInit {
  const conditions = Object.entries(toObject(filter, at)).flatMap(([name, value]) =>
    toConditions(name, value, `${at}: ${name}`),
  );
  if (conditions.length === 0) throw new UsageError(`${at}: must not be empty`);
  return allOf(conditions);
}

function toConditions(name: string, value: JsonValue, at: string): readonly FilterInit[] {
  switch (name) {
    case "$and":
      return [{ and: { filters: toList(value, at).map((one) => toFilter(one, at)) } }];
    case "$or":
      return [{ or: { filters: toList(value, at).map((one) => toFilter(one, at)) } }];
    case "$not":
      return [{ not: toFilter(value, at) }];
    case "$tags":
      return toTags(value, at);
    case "$key":
      return toKey(value, at);
    case "$createdAt":
    case "$updatedAt":
      return [toTimeRange(TIMES[name], value, at)];
    default:
      if (name.startsWith("$")) throw new UsageError(`${at} is not known${didYouMean(name, WHOLE)}`);
      return toComparisons(name, value, at);
  }
}

/** A plain value means `$eq`. */
function toComparisons(path: string, value: JsonValue, at: string): readonly FilterInit[] {
  if (!isObject(value)) return [{ compare: { path, op: "COMPARE_OP_EQ", value: toValue(value) } }];
  const comparisons = Object.entries(value).map(([name, given]): FilterInit => {
    if (name === "$not")
      return { not: allOf(toComparisons(path, toObject(given, `${at}.$not`), `${at}.$not`)) };
    if (name === "$exists") {
      if (typeof given !== "boolean") throw new UsageError(`${at}.$exists: must be true or false`);
      const exists: FilterInit = { compare: { path, op: "COMPARE_OP_EXISTS" } };
      return given ? exists : { not: exists };
    }
    const op = OPS[name];
    if (op === undefined) {
      const known = [...Object.keys(OPS), "$exists", "$not"];
      throw new UsageError(
        `${at}: ${name} is not known${didYouMean(name, known)}; a field within is written \`a.b\``,
      );
    }
    return { compare: { path, op, value: toValue(given) } };
  });
  if (comparisons.length === 0) throw new UsageError(`${at}: must not be empty`);
  return comparisons;
}

function toTags(value: JsonValue, at: string): readonly FilterInit[] {
  const given = toObject(value, at);
  checkNames(given, ["$any", "$all"], at);
  return Object.entries(given).map(([name, tags]) => ({
    tags: { [name === "$any" ? "any" : "all"]: toList(tags, `${at}.${name}`).map((tag) => toText(tag, at)) },
  }));
}

function toKey(value: JsonValue, at: string): readonly FilterInit[] {
  const given = toObject(value, at);
  checkNames(given, ["$prefix"], at);
  return [{ keyPrefix: toText(given.$prefix, at) }];
}

function toTimeRange(
  field: "TIME_FIELD_CREATED_AT" | "TIME_FIELD_UPDATED_AT",
  value: JsonValue,
  at: string,
): FilterInit {
  const given = toObject(value, at);
  checkNames(given, ["$gte", "$lt"], at);
  const time = (name: "$gte" | "$lt") => {
    if (given[name] === undefined) return undefined;
    const found = toTimestamp(toText(given[name], at));
    if (found === undefined)
      throw new UsageError(`${at}.${name}: must be a time such as 2026-01-31T12:00:00Z`);
    return found;
  };
  return { time: { field, from: time("$gte") ?? null, until: time("$lt") ?? null } };
}

function allOf(conditions: readonly FilterInit[]): FilterInit {
  const [only] = conditions;
  return conditions.length === 1 && only !== undefined ? only : { and: { filters: [...conditions] } };
}

function checkNames(given: JsonObject, known: readonly string[], at: string): void {
  const names = Object.keys(given);
  if (names.length === 0) throw new UsageError(`${at}: must not be empty`);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`${at}: ${unknown} is not known; it takes ${known.join(" and ")}`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function toObject(value: unknown, at: string): JsonObject {
  if (!isObject(value)) throw new UsageError(`${at}: must be an object`);
  return value;
}

function toList(value: unknown, at: string): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new UsageError(`${at}: must be a list`);
  return value;
}

function toText(value: JsonValue | undefined, at: string): string {
  if (typeof value !== "string") throw new UsageError(`${at}: must be a text`);
  return value;
}
