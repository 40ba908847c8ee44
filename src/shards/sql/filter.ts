/**
 * Conditions on records, as part of a WHERE clause. Every value is a parameter, paths too.
 *
 * SQL's three-valued logic is the filter's own (proto/orrery/v1/filter.proto): unknown is NULL, and a record
 * counts only where the whole is true. A condition with an `index` is written so that this index can find its
 * records; it may then be false where it was unknown, so it must stand where only true counts, below an even
 * number of `not` (query/plan/indexed-filter.ts).
 */

import type { StatementValue } from "../statement.ts";
import { type FieldType, fieldCollation, indexedField, indexedText, isText } from "./indexed-field.ts";
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
export type MetadataCondition = {
  readonly path: readonly string[];
  /**
   * The index that is to find its records: of all metadata (`document`), or of this field, which has values
   * of the type of those compared with. undefined: none is.
   */
  readonly index?: "document" | FieldType;
} & (
  | { readonly kind: "eq" | "ne" | "contains"; readonly value: FilterValue }
  | { readonly kind: "in"; readonly values: readonly FilterValue[] }
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly value: string | number }
  | { readonly kind: "exists" }
  | { readonly kind: "prefix"; readonly value: string }
);

/** Where the values of a filter go: into the parameters of a statement, or into the text of an index. */
export interface Values {
  /** Names the place of the value, or is the value, with its type. */
  add(value: StatementValue, type: string): string;
}

const ORDER = { gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;
/** Of texts whose beginnings are equal nothing is known. */
const ORDER_OF_BEGINNINGS = { gt: ">=", gte: ">=", lt: "<=", lte: "<=" } as const;

/** ` AND (...)`, or nothing without a filter. Uses the indexes that its conditions name. */
export function andFilter(filter: Filter | undefined, values: Values): string {
  return filter === undefined ? "" : ` AND ${indexedCondition(filter, values)}`;
}

/** As `filterCondition`, and uses the indexes that its conditions name. */
export function indexedCondition(filter: Filter, values: Values): string {
  return new Conditions(values, true).of(filter);
}

/** An SQL expression in parentheses: true, false or NULL. Written for no index. */
export function filterCondition(filter: Filter, values: Values): string {
  return new Conditions(values, false).of(filter);
}

class Conditions {
  readonly #values: Values;
  readonly #usesIndexes: boolean;

  constructor(values: Values, usesIndexes: boolean) {
    this.#values = values;
    this.#usesIndexes = usesIndexes;
  }

  of(filter: Filter): string {
    switch (filter.kind) {
      case "and":
      case "or":
        return `(${filter.filters.map((one) => this.of(one)).join(filter.kind === "and" ? " AND " : " OR ")})`;
      case "not":
        return `(NOT ${this.of(filter.filter)})`;
      case "tags":
        return `(tags ${filter.match === "any" ? "&&" : "@>"} ${this.#values.add(filter.tags, "text[]")})`;
      case "time": {
        const { field, fromUs, untilUs } = filter;
        const end = (order: string, us: bigint | undefined) =>
          us === undefined ? [] : [`${field} ${order} ${this.#values.add(timestampText(us), "timestamptz")}`];
        const ends = [...end(">=", fromUs), ...end("<", untilUs)];
        return `(${ends.join(" AND ")})`;
      }
      case "keyPrefix":
        return `(starts_with(key, ${this.#values.add(filter.prefix, "text")}))`;
      default:
        return `(${this.#metadata(filter)})`;
    }
  }

  #metadata(condition: MetadataCondition): string {
    const { index } = condition;
    if (!this.#usesIndexes || index === undefined) return this.#plain(condition);
    return index === "document" ? this.#inDocument(condition) : this.#ofField(condition, index);
  }

  #plain(condition: MetadataCondition): string {
    const path = this.#values.add(condition.path, "text[]");
    const stored = `metadata #> ${path}`;
    /** Unknown where the stored value has another type: CASE without ELSE is NULL. */
    const ofType = (type: string, holds: string) =>
      `CASE WHEN jsonb_typeof(${stored}) = '${type}' THEN ${holds} END`;
    switch (condition.kind) {
      case "eq":
        return `(${stored}) = ${this.#json(condition.value)}`;
      case "ne":
        return `(${stored}) <> ${this.#json(condition.value)}`;
      case "in":
        return `(${stored}) = ANY(${this.#jsonArray(condition.values)})`;
      case "exists":
        return `(${stored}) IS NOT NULL`;
      case "contains":
        return ofType("array", `(${stored}) @> ${this.#json(condition.value)}`);
      case "prefix":
        return ofType(
          "string",
          `starts_with(metadata #>> ${path}, ${this.#values.add(condition.value, "text")})`,
        );
      default: {
        const order = ORDER[condition.kind];
        return typeof condition.value === "number"
          ? ofType("number", `(${stored}) ${order} ${this.#json(condition.value)}`)
          : ofType(
              "string",
              `(metadata #>> ${path}) COLLATE "C" ${order} ${this.#values.add(condition.value, "text")}`,
            );
      }
    }
  }

  /** A document that has just this value is contained in the metadata exactly where the condition holds. */
  #inDocument(condition: MetadataCondition): string {
    const contains = (value: FilterValue | readonly FilterValue[]) =>
      `metadata @> ${this.#values.add(JSON.stringify(documentOf(condition.path, value)), "jsonb")}`;
    switch (condition.kind) {
      case "eq":
        return contains(condition.value);
      case "in":
        return condition.values.map(contains).join(" OR ");
      case "contains":
        return contains([condition.value]);
      default:
        return this.#plain(condition);
    }
  }

  #ofField(condition: MetadataCondition, type: FieldType): string {
    const field = `${indexedField(type, this.#values.add(condition.path, "text[]"))}${fieldCollation(type)}`;
    /** Where the index has only a beginning of the text, the text itself decides. */
    const decided = (indexed: string, isWhole: boolean) =>
      isWhole ? indexed : `${indexed} AND ${this.#plain(condition)}`;
    switch (condition.kind) {
      case "eq": {
        if (!isText(type)) return `${field} = ${this.#json(condition.value)}`;
        const { start, isWhole } = indexedText(String(condition.value));
        return decided(`${field} = ${this.#values.add(start, "text")}`, isWhole);
      }
      case "in": {
        if (!isText(type)) return `${field} = ANY(${this.#jsonArray(condition.values)})`;
        const texts = condition.values.map((value) => indexedText(String(value)));
        const starts = this.#values.add(
          texts.map(({ start }) => start),
          "text[]",
        );
        return decided(
          `${field} = ANY(${starts})`,
          texts.every(({ isWhole }) => isWhole),
        );
      }
      case "prefix": {
        const { start, isWhole } = indexedText(condition.value);
        return decided(`starts_with(${field}, ${this.#values.add(start, "text")})`, isWhole);
      }
      case "gt":
      case "gte":
      case "lt":
      case "lte": {
        if (!isText(type)) return `${field} ${ORDER[condition.kind]} ${this.#json(condition.value)}`;
        const { start, isWhole } = indexedText(String(condition.value));
        const order = (isWhole ? ORDER : ORDER_OF_BEGINNINGS)[condition.kind];
        return decided(`${field} ${order} ${this.#values.add(start, "text")}`, isWhole);
      }
      default:
        return this.#plain(condition);
    }
  }

  #json(value: FilterValue): string {
    return this.#values.add(JSON.stringify(value), "jsonb");
  }

  #jsonArray(values: readonly FilterValue[]): string {
    const texts = values.map((value) => JSON.stringify(value));
    return `${this.#values.add(texts, "text[]")}::jsonb[]`;
  }
}

/** `{"a": {"b": value}}`. By fromEntries: a name may be `__proto__`. */
function documentOf(path: readonly string[], value: FilterValue | readonly FilterValue[]): unknown {
  return path.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), value);
}
