/** A filter as `parseFilter` takes it. */
import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { ValueMessage } from "../proto/generated/google/protobuf/Value.ts";
import type { FilterMessage } from "../proto/generated/orrery/v1/Filter.ts";
import { fromStruct, fromTimestamp } from "./values.ts";

export function showFilter(filter: FilterMessage): JsonObject {
  const { and, or, not, compare, tags, time, keyPrefix } = filter;
  if (and) return { $and: and.filters.map(showFilter) };
  if (or) return { $or: or.filters.map(showFilter) };
  if (not) return { $not: showFilter(not) };
  if (compare) {
    const op = String(compare.op).slice("COMPARE_OP_".length).toLowerCase();
    const value = op === "exists" ? true : showValue(compare.value);
    return { [compare.path]: op === "eq" ? value : { [`$${op}`]: value } };
  }
  if (tags) return { $tags: tags.any.length > 0 ? { $any: tags.any } : { $all: tags.all } };
  if (time) {
    const name = time.field === "TIME_FIELD_CREATED_AT" ? "$createdAt" : "$updatedAt";
    const ends = { $gte: fromTimestamp(time.from), $lt: fromTimestamp(time.until) };
    return { [name]: JSON.parse(JSON.stringify(ends)) };
  }
  return { $key: { $prefix: keyPrefix ?? "" } };
}

function showValue(value: ValueMessage | null): JsonValue {
  return value === null ? null : (fromStruct({ fields: { value } }).value ?? null);
}
