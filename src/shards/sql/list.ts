/** One page of the records of a shard key, by key. */
import type { Statement } from "../statement.ts";
import { type Branch, fencedScope, integer, Parameters } from "./branch.ts";
import type { Wanted } from "./columns.ts";
import { andFilter, type Filter } from "./filter.ts";
import { recordColumns } from "./get.ts";

export interface ListInput {
  readonly branch: Branch;
  /** Keys greater than this one. Empty: from the first. */
  readonly afterKey: string;
  readonly limit: number;
  readonly filter?: Filter | undefined;
  readonly wanted: Wanted;
}

export function listStatement({ branch, afterKey, limit, filter, wanted }: ListInput): Statement {
  const parameters = new Parameters();
  const scope = fencedScope(branch, parameters);
  const after = parameters.add(afterKey, "text");
  return {
    text: `SELECT ${recordColumns(0, wanted)} FROM ${branch.relation}
WHERE ${scope} AND key > ${after}${andFilter(filter, parameters)} ORDER BY key LIMIT ${integer(limit)}`,
    values: parameters.values,
    prepare: false,
  };
}
