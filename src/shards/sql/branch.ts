/** What all fenced reads of shards share: a branch per shard, its scope, its fence. */
import type { Row, StatementValue } from "../statement.ts";

/** One shard to read: the relation, and the shard keys wanted of it. */
export interface Branch {
  /** Quoted, with schema: from `Engine.readRelation`. */
  readonly relation: string;
  readonly shardId: number;
  readonly shardKeys: readonly string[] | "all";
}

/** A statement over several branches says in its first column which branch a row is from. */
export function branchOf(row: Row): number {
  return Number(row[0]);
}

/** Collects the values of a statement and names their places. */
export class Parameters {
  readonly values: StatementValue[] = [];

  /** `$n::type` */
  add(value: StatementValue, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** The WHERE clause: the scope of the branch, and the fence. */
export function fencedScope({ shardKeys, shardId }: Branch, parameters: Parameters): string {
  const scope = shardKeys === "all" ? "" : `${scopeCondition(shardKeys, parameters)} AND `;
  return `${scope}${fence(shardId)}`;
}

/**
 * The WHERE clause of an index scan, which is for all rows of the shard. `efSearch` is a parameter because a
 * client may choose any: as text each would be another statement to prepare.
 */
export function fencedScan(
  { shardId, efSearch }: Branch & { readonly efSearch: number },
  parameters: Parameters,
): string {
  return fence(shardId, parameters.add(efSearch, "int4"));
}

/**
 * The fence as a scalar sub-select: PostgreSQL runs it once, before the first row (InitPlan and one-time
 * filter); as a bare condition it would run for each row. `efSearch`: the place of its parameter; `0` leaves
 * the index settings alone.
 */
export function fence(shardId: number, efSearch = "0"): string {
  return `(SELECT orrery.shard_read(${integer(shardId)}, ${efSearch}))`;
}

/** Which rows of a shard are in scope. */
export function scopeCondition(shardKeys: readonly string[], parameters: Parameters): string {
  const [only] = shardKeys;
  return shardKeys.length === 1 && only !== undefined
    ? `shard_key = ${parameters.add(only, "text")}`
    : `shard_key = ANY(${parameters.add(shardKeys, "text[]")})`;
}

/** An integer as SQL text. Throws RangeError on anything else. */
export function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
  return String(value);
}
