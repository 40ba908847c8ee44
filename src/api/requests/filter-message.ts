/** A Filter inside a message that proto-loader has read, as the hand-written decoders give it. Pure. */
import type { ValueMessage } from "../../proto/generated/google/protobuf/Value.ts";
import type { FilterMessage as LoadedFilter } from "../../proto/generated/orrery/v1/Filter.ts";
import type { FilterMessage } from "../wire/filter.ts";
import type { StructValue } from "../wire/struct.ts";
import type { TimestampMessage } from "../wire/timestamp.ts";

const OPS = [
  "COMPARE_OP_UNSPECIFIED",
  "COMPARE_OP_EQ",
  "COMPARE_OP_NE",
  "COMPARE_OP_IN",
  "COMPARE_OP_GT",
  "COMPARE_OP_GTE",
  "COMPARE_OP_LT",
  "COMPARE_OP_LTE",
  "COMPARE_OP_EXISTS",
  "COMPARE_OP_CONTAINS",
  "COMPARE_OP_PREFIX",
];
const TIME_FIELDS = ["TIME_FIELD_UNSPECIFIED", "TIME_FIELD_CREATED_AT", "TIME_FIELD_UPDATED_AT"];

/** The reader of the bytes has bounded how deep it is nested. */
export function toFilterMessage(loaded: LoadedFilter): FilterMessage {
  const { and, or, not, compare, tags, time, keyPrefix } = loaded;
  if (and) return { kind: "and", filters: and.filters.map(toFilterMessage) };
  if (or) return { kind: "or", filters: or.filters.map(toFilterMessage) };
  if (not) return { kind: "not", filter: toFilterMessage(not) };
  if (compare) {
    const { path, op, value } = compare;
    return { kind: "compare", path, op: numberOf(OPS, op), value: value ? toStructValue(value) : undefined };
  }
  if (tags) return { kind: "tags", ...tags };
  if (time) {
    const { field, from, until } = time;
    return { kind: "time", field: numberOf(TIME_FIELDS, field), from: toTime(from), until: toTime(until) };
  }
  return keyPrefix === undefined ? { kind: "none" } : { kind: "keyPrefix", prefix: keyPrefix };
}

/** Of what the proto does not know its own number, or one that it does not know either. */
function numberOf(names: readonly string[], name: string | number): number {
  if (typeof name === "number") return name;
  const known = names.indexOf(name);
  return known >= 0 ? known : names.length;
}

function toTime(
  time: { readonly seconds: unknown; readonly nanos: number } | null,
): TimestampMessage | undefined {
  return time === null ? undefined : { seconds: BigInt(String(time.seconds)), nanos: time.nanos };
}

function toStructValue(value: ValueMessage): StructValue {
  if (value.listValue) return value.listValue.values.map(toStructValue);
  if (value.structValue) {
    const fields = Object.entries(value.structValue.fields);
    return Object.fromEntries(fields.map(([name, field]) => [name, toStructValue(field)]));
  }
  if (value.nullValue !== undefined) return null;
  return value.numberValue ?? value.stringValue ?? value.boolValue;
}
