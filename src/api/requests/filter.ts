import { invalidField } from "../../errors.ts";
import type { Filter, FilterValue, MetadataCondition } from "../../query/types.ts";
import type { FilterMessage } from "../wire/filter.ts";
import type { StructValue } from "../wire/struct.ts";
import type { Limits } from "./limits.ts";
import { checkCount } from "./names.ts";
import { toText } from "./text.ts";
import { toMicroseconds } from "./timestamp.ts";

const MAX_CONDITIONS = 100;
const MAX_DEPTH = 16;
const MAX_PATH = 16;
const MAX_VALUES = 1000;
const MAX_TAG_BYTES = 255;
/** Of a text to compare with. */
const MAX_VALUE_BYTES = 8 * 1024;

type CompareKind = MetadataCondition["kind"];
const COMPARE_KINDS: Readonly<Record<number, CompareKind>> = {
  1: "eq",
  2: "ne",
  3: "in",
  4: "gt",
  5: "gte",
  6: "lt",
  7: "lte",
  8: "exists",
  9: "contains",
  10: "prefix",
};
const TIME_FIELDS: Readonly<Record<number, "created_at" | "updated_at">> = {
  1: "created_at",
  2: "updated_at",
};

/** Throws INVALID_REQUEST naming the first field that is wrong, by its path in the proto. */
export function toFilter(
  message: FilterMessage | undefined,
  limits: Limits,
  at = "filter",
): Filter | undefined {
  return message === undefined ? undefined : new FilterChecks(limits).check(message, at, 1);
}

class FilterChecks {
  readonly #limits: Limits;
  #conditions = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  check(message: FilterMessage, path: string, depth: number): Filter {
    this.#conditions += 1;
    if (this.#conditions > MAX_CONDITIONS)
      throw invalidField("filter", `has more than ${MAX_CONDITIONS} conditions`);
    if (depth > MAX_DEPTH) throw invalidField(path, `is nested deeper than ${MAX_DEPTH} levels`);
    switch (message.kind) {
      case "and":
      case "or": {
        const { kind } = message;
        const at = `${path}.${kind}.filters`;
        checkCount(message.filters.length, at, MAX_CONDITIONS);
        const filters = message.filters.map((one, index) => this.check(one, `${at}[${index}]`, depth + 1));
        return { kind, filters };
      }
      case "not":
        return { kind: "not", filter: this.check(message.filter, `${path}.not`, depth + 1) };
      case "compare":
        return toCondition(message, `${path}.compare`);
      case "tags":
        return this.#tags(message, `${path}.tags`);
      case "time":
        return toTimeRange(message, `${path}.time`);
      case "keyPrefix":
        return {
          kind: "keyPrefix",
          prefix: toShortText(message.prefix, `${path}.key_prefix`, this.#limits.keyBytes),
        };
      default:
        throw invalidField(path, "one of its conditions must be set");
    }
  }

  #tags(
    { any, all }: { readonly any: readonly string[]; readonly all: readonly string[] },
    path: string,
  ): Filter {
    if (any.length > 0 === all.length > 0) throw invalidField(path, "either any or all must be set");
    const match = any.length > 0 ? "any" : "all";
    const given = any.length > 0 ? any : all;
    checkCount(given.length, `${path}.${match}`, this.#limits.tags);
    const tags = given.map((tag, index) => toShortText(tag, `${path}.${match}[${index}]`, MAX_TAG_BYTES));
    return { kind: "tags", match, tags };
  }
}

function toCondition(
  { path, op, value }: Extract<FilterMessage, { kind: "compare" }>,
  at: string,
): MetadataCondition {
  const kind = COMPARE_KINDS[op];
  const names = { path: toPath(path, `${at}.path`) };
  const valueAt = `${at}.value`;
  switch (kind) {
    case undefined:
      throw invalidField(`${at}.op`, op === 0 ? "must be set" : "is not a known operator");
    case "exists":
      if (value !== undefined) throw invalidField(valueAt, "means nothing with COMPARE_OP_EXISTS");
      return { ...names, kind };
    case "in":
      return { ...names, kind, values: toValues(value, valueAt) };
    case "prefix":
      if (typeof value !== "string") throw invalidField(valueAt, "must be a text");
      return { ...names, kind, value: toShortText(value, valueAt, MAX_VALUE_BYTES) };
    case "gt":
    case "gte":
    case "lt":
    case "lte": {
      const given = toValue(value, valueAt);
      if (typeof given === "boolean")
        throw invalidField(valueAt, "must be a text or a number: bools have no order");
      return { ...names, kind, value: given };
    }
    default:
      return { ...names, kind, value: toValue(value, valueAt) };
  }
}

function toValues(value: StructValue, at: string): readonly FilterValue[] {
  if (!Array.isArray(value)) throw invalidField(at, "must be a list");
  checkCount(value.length, at, MAX_VALUES);
  return value.map((item, index) => toValue(item, `${at}[${index}]`));
}

function toValue(value: StructValue, at: string): FilterValue {
  switch (typeof value) {
    case "string":
      return toShortText(value, at, MAX_VALUE_BYTES);
    case "number":
      if (!Number.isFinite(value)) throw invalidField(at, `is ${value}, must be finite`);
      return value;
    case "boolean":
      return value;
    default:
      throw invalidField(at, "must be a text, a number or a bool");
  }
}

/** `a.b\.c` names the field `b.c` of `a`. */
export function toPath(text: string, at: string): readonly string[] {
  if (text === "") throw invalidField(at, "must not be empty");
  toShortText(text, at, MAX_VALUE_BYTES);
  const names: string[] = [];
  let name = "";
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i] as string;
    if (character === ".") {
      names.push(name);
      name = "";
    } else if (character === "\\") {
      i += 1;
      const next = text[i];
      if (next !== "." && next !== "\\")
        throw invalidField(at, "has a backslash before neither a dot nor a backslash");
      name += next;
    } else {
      name += character;
    }
  }
  names.push(name);
  if (names.includes("")) throw invalidField(at, "has an empty name between its dots");
  if (names.length > MAX_PATH)
    throw invalidField(at, `has ${names.length} names, at most ${MAX_PATH} are allowed`);
  return names;
}

function toTimeRange({ field, from, until }: Extract<FilterMessage, { kind: "time" }>, at: string): Filter {
  const name = TIME_FIELDS[field];
  if (name === undefined)
    throw invalidField(`${at}.field`, field === 0 ? "must be set" : "is not a known field");
  if (from === undefined && until === undefined) throw invalidField(at, "from or until must be set");
  return {
    kind: "time",
    field: name,
    ...(from && { fromUs: toMicroseconds(from, `${at}.from`) }),
    ...(until && { untilUs: toMicroseconds(until, `${at}.until`) }),
  };
}

/** May be empty. */
function toShortText(text: string, at: string, maxBytes: number): string {
  const bytes = Buffer.byteLength(toText(text, at));
  if (bytes > maxBytes) throw invalidField(at, `has ${bytes} bytes, at most ${maxBytes} are allowed`);
  return text;
}
