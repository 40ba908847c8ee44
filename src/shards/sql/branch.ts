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

export interface IndexScan {
  /** A parameter because a client may choose any: as text each would be another statement to prepare. */
  readonly efSearch: number;
  /**
   * True: PostgreSQL gets no other way than the index to find the rows. It would take another for a namespace
   * that it estimates to be small, as it does without statistics, and compare all of its records.
   */
  readonly isCertain: boolean;
}

/** The WHERE clause: the scope of the branch, and the fence. */
export function fencedScope(branch: Branch, parameters: Parameters, scan?: IndexScan): string {
  const wanted = scope(branch.shardKeys, parameters, scan?.isCertain === true);
  const place = scan === undefined ? undefined : parameters.add(scan.efSearch, "int4");
  return `${wanted}${fence(branch.shardId, place)}`;
}

/**
 * The fence as a scalar sub-select: PostgreSQL runs it once, before the first row (InitPlan and one-time
 * filter); as a bare condition it would run for each row. `efSearch`: the place of its parameter; `0` leaves
 * the index settings alone.
 */
export function fence(shardId: number, efSearch = "0"): string {
  return `(SELECT orrery.shard_read(${integer(shardId)}, ${efSearch}))`;
}

/**
 * `coalesce` changes nothing, as a shard key is never NULL, but hides the comparison from the planner: no
 * index on the shard key applies, and it estimates that half of the rows match, whatever its statistics say.
 */
function scope(shardKeys: Branch["shardKeys"], parameters: Parameters, hideFromIndex: boolean): string {
  if (shardKeys === "all") return "";
  const [only] = shardKeys;
  const condition =
    shardKeys.length === 1 && only !== undefined
      ? `shard_key = ${parameters.add(only, "text")}`
      : `shard_key = ANY(${parameters.add(shardKeys, "text[]")})`;
  return hideFromIndex ? `coalesce(${condition}, false) AND ` : `${condition} AND `;
}

/** An integer as SQL text. Throws RangeError on anything else. */
export function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not an integer: ${value}`);
  return String(value);
}
