/** How targets are read: one statement asks all targets of a node, a branch each. */
import type { Branch } from "../shards/sql/branch.ts";
import type { Row, Statement } from "../shards/statement.ts";
import type { Collection } from "../topology/shard-map.ts";
import type { Target } from "./plan/target.ts";
import type { TargetPlan } from "./plan/target-plan.ts";
import type { ReadRelations } from "./types.ts";

export interface Read<P extends TargetPlan, T> {
  /** Asks these targets, all on one node; the branches in this order. */
  readonly statement: (plans: readonly P[]) => Statement;
  /** Undefined: the row is no part of the answer. */
  readonly decode: (row: Row) => T | undefined;
}

/** A target as the statements name it. */
export function targetBranch(
  { shardId, shardKeys }: Target,
  collection: Collection,
  relations: ReadRelations,
): Branch {
  return {
    relation: relations.readRelation(collection, shardId),
    isHere: relations.isHere?.(shardId),
    shardId,
    shardKeys,
  };
}
