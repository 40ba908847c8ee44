/** Whether a target is searched through its index or compared row by row. Pure. */
import type { Collection } from "../../topology/shard-map.ts";
import type { RowEstimates, Strategy } from "../types.ts";
import type { Target } from "./target.ts";

export interface StrategyRequest {
  /** Rows wanted of the target. */
  readonly candidates: number;
  readonly exactMaxRows: number;
}

/**
 * Comparing a row costs about 2 us, and each row that an index scan visits about four times as much. With
 * `scoped` rows in scope among `all` of the shard, the scan visits about `candidates x all / scoped` rows
 * before it has enough.
 */
const INDEX_ROW_COST = 4;

export interface StrategyChoice {
  readonly strategy: Strategy;
  /** False without statistics: then PostgreSQL may choose another plan. */
  readonly isCertain: boolean;
}

/** Used where no estimate is needed. */
export const EXACT: StrategyChoice = { strategy: "exact", isCertain: true };
const ANN: StrategyChoice = { strategy: "ann", isCertain: true };
const GUESSED: StrategyChoice = { strategy: "ann", isCertain: false };

/**
 * Without statistics: `ann`; a target that comes back short of rows gets an exact second round (rounds.ts).
 */
export function chooseStrategy(
  target: Target,
  collection: Collection,
  estimates: RowEstimates,
  { candidates, exactMaxRows }: StrategyRequest,
): StrategyChoice {
  const all = estimates.shardRows(collection, target.shardId);
  if (all === undefined) return GUESSED;
  if (all <= exactMaxRows) return EXACT;
  if (target.shardKeys === "all") return ANN;
  let scoped = 0;
  for (const shardKey of target.shardKeys) {
    const rows = estimates.shardKeyRows(collection, target.shardId, shardKey);
    if (rows === undefined) return GUESSED;
    scoped += rows;
  }
  if (scoped <= exactMaxRows) return EXACT;
  return scoped * scoped <= INDEX_ROW_COST * candidates * all ? EXACT : ANN;
}
