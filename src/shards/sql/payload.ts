/**
 * What a search leaves out at first: the payload of records by key, with their similarity as it is by now.
 */
import type { Metric } from "../../topology/shard-map.ts";
import type { Statement } from "../statement.ts";
import { Parameters } from "./branch.ts";
import { textColumns, type Wanted } from "./columns.ts";
import { exactDistance } from "./distance.ts";
import { andFilter, type Filter } from "./filter.ts";
import { type GetBranch, wantedKeys, withinTotal } from "./get.ts";

export interface PayloadInput {
  /** As `planSearch` makes it. */
  readonly vector: Float32Array;
  readonly metric: Metric;
  readonly branches: readonly GetBranch[];
  /** One that it no longer holds for is left out. */
  readonly filter?: Filter | undefined;
  /** At least one kind of payload. */
  readonly wanted: Wanted;
  /** When they are larger together, the records come without them. */
  readonly maxBytes: number;
}

const FOUND = "branch, distance, namespace, key, rank";

/** Rows as those of a search. */
export function payloadStatement(input: PayloadInput): Statement {
  const { vector, metric, branches, filter, wanted, maxBytes } = input;
  const parameters = new Parameters();
  const query = parameters.add(vector, "vector");
  const limit = parameters.add(maxBytes, "int8");
  const records = branches
    .map(
      (branch, index) =>
        `(SELECT ${index} AS branch, ${exactDistance(metric, query)} AS distance, namespace, key, 0 AS rank${textColumns(wanted)}
FROM ${branch.relation} WHERE ${wantedKeys(branch, parameters)}${andFilter(filter, parameters)})`,
    )
    .join(" UNION ALL ");
  return {
    text: withinTotal({ records, columns: FOUND, limit }, wanted),
    values: parameters.values,
    prepare: filter === undefined && branches.length === 1,
  };
}
