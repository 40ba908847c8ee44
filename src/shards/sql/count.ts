/** How many records the shards hold: one row per branch. */
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fencedScope, Parameters } from "./branch.ts";
import { andFilter, type Filter } from "./filter.ts";

export interface CountRow {
  readonly branch: number;
  readonly count: bigint;
}

export interface CountInput {
  readonly branches: readonly Branch[];
  readonly filter?: Filter | undefined;
}

export function countStatement(input: CountInput): Statement {
  const parameters = new Parameters();
  const branches = input.branches.map(
    (branch, index) =>
      `(SELECT ${index} AS branch, count(*) FROM ${branch.relation} WHERE ${fencedScope(branch, parameters)}${andFilter(input.filter, parameters)})`,
  );
  return { text: branches.join(" UNION ALL "), values: parameters.values, prepare: false };
}

export function decodeCount(row: Row): CountRow {
  return { branch: branchOf(row), count: row[1] as bigint };
}
