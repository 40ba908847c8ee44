/**
 * Conditions on records, as part of a WHERE clause. Every value is a parameter, paths too.
 *
 * SQL's three-valued logic is the filter's own (proto/orrery/v1/filter.proto): unknown is NULL, and a record
 * counts only where the whole is true.
 */
import type { Parameters } from "./branch.ts";
import { timestampText } from "./timestamp-text.ts";

export type Filter =
  | { readonly kind: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly kind: "not"; readonly filter: Filter }
  | MetadataCondition
  | { readonly kind: "tags"; readonly match: "any" | "all"; readonly tags: readonly string[] }
  | {
      readonly kind: "time";
      readonly field: "created_at" | "updated_at";
      /** Microseconds since 1970; `untilUs` is not included. */
      readonly fromUs?: bigint;
      readonly untilUs?: bigint;
    }
  | { readonly kind: "keyPrefix"; readonly prefix: string };

export type FilterValue = string | number | boolean;

/** A condition on one metadata value. `path`: names of fields from the outside in. */
export type MetadataCondition = { readonly path: readonly string[] } & (
  | { readonly kind: "eq" | "ne" | "contains"; readonly value: FilterValue }
  | { readonly kind: "in"; readonly values: readonly FilterValue[] }
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly value: string | number }
  | { readonly kind: "exists" }
  | { readonly kind: "prefix"; readonly value: string }
);

const ORDER = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** ` AND (...)`, or nothing without a filter. */
export function andFilter(filter: Filter | undefined, parameters: Parameters): string {
  return filter === undefined ? "" : ` AND ${filterCondition(filter, parameters)}`;
}

/** An SQL expression in parentheses: true, false or NULL. */
export function filterCondition(filter: Filter, parameters: Parameters): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return `(${filter.filters
        .map((one) => filterCondition(one, parameters))
        .join(filter.kind === "and" ? " AND " : " OR ")})`;
    case "not":
      return `(NOT ${filterCondition(filter.filter, parameters)})`;
    case "tags":
      return `(tags ${filter.match === "any" ? "&&" : "@>"} ${parameters.add(filter.tags, "text[]")})`;
    case "time": {
      const { field, fromUs, untilUs } = filter;
      const end = (order: string, us: bigint | undefined) =>
        us === undefined ? [] : [`${field} ${order} ${parameters.add(timestampText(us), "timestamptz")}`];
      const ends = [...end(">=", fromUs), ...end("<", untilUs)];
      return `(${ends.join(" AND ")})`;
    }
    case "keyPrefix":
      return `(starts_with(key, ${parameters.add(filter.prefix, "text")}))`;
    default:
      return `(${metadataCondition(filter, parameters)})`;
  }
}

function metadataCondition(condition: MetadataCondition, parameters: Parameters): string {
  const path = parameters.add(condition.path, "text[]");
  const stored = `metadata #> ${path}`;
  /** Unknown where the stored value has another type: CASE without ELSE is NULL. */
  const ofType = (type: string, holds: string) =>
    `CASE WHEN jsonb_typeof(${stored}) = '${type}' THEN ${holds} END`;
  const json = (value: FilterValue) => parameters.add(JSON.stringify(value), "jsonb");
  switch (condition.kind) {
    case "eq":
      return `(${stored}) = ${json(condition.value)}`;
    case "ne":
      return `(${stored}) <> ${json(condition.value)}`;
    case "in":
      return `(${stored}) = ANY(${parameters.add(
        condition.values.map((value) => JSON.stringify(value)),
        "text[]",
      )}::jsonb[])`;
    case "exists":
      return `(${stored}) IS NOT NULL`;
    case "contains":
      return ofType("array", `(${stored}) @> ${json(condition.value)}`);
    case "prefix":
      return ofType(
        "string",
        `starts_with(metadata #>> ${path}, ${parameters.add(condition.value, "text")})`,
      );
    default: {
      const order = ORDER[condition.kind];
      return typeof condition.value === "number"
        ? ofType("number", `(${stored}) ${order} ${json(condition.value)}`)
        : ofType(
            "string",
            `(metadata #>> ${path}) COLLATE "C" ${order} ${parameters.add(condition.value, "text")}`,
          );
    }
  }
}
