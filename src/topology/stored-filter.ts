/** A filter as it is kept in the settings of a collection: as JSON, without bigint. Pure. */

type Path = readonly string[];

/** Conditions that are the same in JSON. */
type PlainCondition =
  | {
      readonly kind: "eq" | "ne" | "contains";
      readonly path: Path;
      readonly value: string | number | boolean;
    }
  | { readonly kind: "in"; readonly path: Path; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "gt" | "gte" | "lt" | "lte"; readonly path: Path; readonly value: string | number }
  | { readonly kind: "exists"; readonly path: Path }
  | { readonly kind: "prefix"; readonly path: Path; readonly value: string }
  | { readonly kind: "tags"; readonly match: "any" | "all"; readonly tags: readonly string[] }
  | { readonly kind: "keyPrefix"; readonly prefix: string };

/** `Us`: microseconds since 1970. */
interface TimeRange<Us> {
  readonly kind: "time";
  readonly field: "created_at" | "updated_at";
  readonly fromUs?: Us;
  readonly untilUs?: Us;
}

type Tree<Us> =
  | { readonly kind: "and" | "or"; readonly filters: readonly Tree<Us>[] }
  | { readonly kind: "not"; readonly filter: Tree<Us> }
  | TimeRange<Us>
  | PlainCondition;

export type StoredFilter = Tree<string>;

/** A `Filter` of the shards, but for what that says of indexes. */
export function fromStoredFilter(stored: StoredFilter): Tree<bigint> {
  switch (stored.kind) {
    case "and":
    case "or":
      return { kind: stored.kind, filters: stored.filters.map(fromStoredFilter) };
    case "not":
      return { kind: "not", filter: fromStoredFilter(stored.filter) };
    case "time": {
      const { fromUs, untilUs, ...range } = stored;
      return {
        ...range,
        ...(fromUs !== undefined && { fromUs: BigInt(fromUs) }),
        ...(untilUs !== undefined && { untilUs: BigInt(untilUs) }),
      };
    }
    default:
      return stored;
  }
}

export function toStoredFilter(filter: Tree<bigint>): StoredFilter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { kind: filter.kind, filters: filter.filters.map(toStoredFilter) };
    case "not":
      return { kind: "not", filter: toStoredFilter(filter.filter) };
    case "time": {
      const { fromUs, untilUs, ...range } = filter;
      return {
        ...range,
        ...(fromUs !== undefined && { fromUs: String(fromUs) }),
        ...(untilUs !== undefined && { untilUs: String(untilUs) }),
      };
    }
    default:
      return filter;
  }
}
