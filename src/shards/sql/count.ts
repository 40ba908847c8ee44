/** How many records the shards hold: one row per branch. */
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fencedScope, Parameters } from "./branch.ts";

export interface CountRow {
  readonly branch: number;
  readonly count: bigint;
}

export function countStatement(input: { readonly branches: readonly Branch[] }): Statement {
  const parameters = new Parameters();
  const branches = input.branches.map(
    (branch, index) =>
      `(SELECT ${index} AS branch, count(*) FROM ${branch.relation} WHERE ${fencedScope(branch, parameters)})`,
  );
  return { text: branches.join(" UNION ALL "), values: parameters.values, prepare: false };
}

export function decodeCount(row: Row): CountRow {
  return { branch: branchOf(row), count: row[1] as bigint };
}
