/** What all fenced reads of shards share: a branch per shard, its scope, its fence. */
import type { Row, StatementValue } from "../statement.ts";

/** One shard to read: the relation, and the shard keys wanted of it. */
export interface Branch {
  /** Quoted, with schema: from `Engine.readRelation`. */
  readonly relation: string;
  readonly shardId: number;
  readonly shardKeys: readonly string[] | "all";
  /** From `Engine.isHere`. */
  readonly isHere?: string | undefined;
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
export function fencedScope(branch: Branch, parameters: Parameters): string {
  const { shardKeys } = branch;
  const scope = shardKeys === "all" ? "" : `${scopeCondition(shardKeys, parameters)} AND `;
  return `${scope}${fence(branch)}`;
}

/**
 * The WHERE clause of an index scan, which is for all rows of the shard. `efSearch` is a parameter because a
 * client may choose any: as text each would be another statement to prepare.
 */
export function fencedScan(branch: Branch & { readonly efSearch: number }, parameters: Parameters): string {
  return scanFence(branch, parameters.add(branch.efSearch, "int4"));
}

type Fenced = Pick<Branch, "shardId" | "isHere">;

/**
 * The fence as a scalar sub-select: PostgreSQL runs it once, before the first row (InitPlan and one-time
 * filter); as a bare condition it would run for each row. Calling a function that reads a catalog costs twice
 * what the same costs within the statement, so the function is only asked where the shard is not surely here.
 */
export function fence({ shardId, isHere }: Fenced): string {
  const asked = `orrery.shard_read(${integer(shardId)}, 0)`;
  return isHere === undefined
    ? `(SELECT ${asked})`
    : `(SELECT CASE WHEN ${isHere} THEN true ELSE ${asked} END)`;
}

/**
 * The same before an index scan, whose settings it sees to. `efSearch`: the place of its parameter. The width
 * stays set in the session, as the next scan often has the same; each sets its own.
 */
function scanFence({ shardId, isHere }: Fenced, efSearch: string): string {
  const asked = `orrery.shard_read(${integer(shardId)}, ${efSearch})`;
  if (isHere === undefined) return `(SELECT ${asked})`;
  const [now, wanted] = ["pg_catalog.current_setting('hnsw.ef_search', true)", `${efSearch}::text`];
  return `(SELECT CASE WHEN ${isHere} AND pg_catalog.current_setting('hnsw.iterative_scan', true) = 'relaxed_order'
  THEN CASE WHEN ${now} = ${wanted} THEN true ELSE pg_catalog.set_config('hnsw.ef_search', ${wanted}, false) IS NOT NULL END
  ELSE ${asked} END)`;
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
