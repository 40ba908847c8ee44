/** A filter as the API shows it. Pure. */
import type { ValueInit } from "../../proto/generated/google/protobuf/Value.ts";
import type { CompareOpInit } from "../../proto/generated/orrery/v1/CompareOp.ts";
import type { FilterInit } from "../../proto/generated/orrery/v1/Filter.ts";
import type { Filter, FilterValue } from "../../query/types.ts";

const OPS: Readonly<Record<string, CompareOpInit>> = {
  eq: "COMPARE_OP_EQ",
  ne: "COMPARE_OP_NE",
  in: "COMPARE_OP_IN",
  gt: "COMPARE_OP_GT",
  gte: "COMPARE_OP_GTE",
  lt: "COMPARE_OP_LT",
  lte: "COMPARE_OP_LTE",
  exists: "COMPARE_OP_EXISTS",
  contains: "COMPARE_OP_CONTAINS",
  prefix: "COMPARE_OP_PREFIX",
};

export function toFilterInit(filter: Filter): FilterInit {
  switch (filter.kind) {
    case "and":
    case "or":
      return { [filter.kind]: { filters: filter.filters.map(toFilterInit) } };
    case "not":
      return { not: toFilterInit(filter.filter) };
    case "tags":
      return { tags: { [filter.match]: [...filter.tags] } };
    case "time": {
      const field = filter.field === "created_at" ? "TIME_FIELD_CREATED_AT" : "TIME_FIELD_UPDATED_AT";
      return { time: { field, from: toTime(filter.fromUs), until: toTime(filter.untilUs) } };
    }
    case "keyPrefix":
      return { keyPrefix: filter.prefix };
    default: {
      const { path, kind } = filter;
      return { compare: { path: toPathText(path), op: OPS[kind], value: givenValue(filter) } };
    }
  }
}

/** The names with dots in between. */
export function toPathText(path: readonly string[]): string {
  return path.map((name) => name.replaceAll(/[.\\]/g, "\\$&")).join(".");
}

function givenValue(condition: Extract<Filter, { readonly path: readonly string[] }>): ValueInit | null {
  if (condition.kind === "exists") return null;
  if (condition.kind === "in") return { listValue: { values: condition.values.map(toValue) } };
  return toValue(condition.value);
}

function toValue(value: FilterValue): ValueInit {
  if (typeof value === "number") return { numberValue: value };
  return typeof value === "string" ? { stringValue: value } : { boolValue: value };
}

function toTime(us: bigint | undefined) {
  if (us === undefined) return null;
  const rest = ((us % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return { seconds: String((us - rest) / 1_000_000n), nanos: Number(rest) * 1000 };
}
