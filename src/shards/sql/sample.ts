/** Records chosen at random, with their vectors. */
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fencedScope, Parameters } from "./branch.ts";
import { andFilter, type Filter } from "./filter.ts";

export interface SampleInput {
  readonly branches: readonly Branch[];
  readonly filter?: Filter | undefined;
  /** Records wanted of each branch. */
  readonly wanted: number;
  /** Of the records of a shard that are looked at, above 0 up to 100. */
  readonly percent: number;
}

export interface SampledRecord {
  readonly branch: number;
  readonly namespace: string;
  readonly key: string;
  readonly vector: Float32Array;
}

export function sampleStatement({ branches, filter, wanted, percent }: SampleInput): Statement {
  const parameters = new Parameters();
  const limit = parameters.add(wanted, "int8");
  const share = parameters.add(percent, "float8");
  const parts = branches.map((branch, index) => {
    const scope = fencedScope(branch, parameters);
    return `(SELECT * FROM (SELECT ${index} AS branch, namespace, key, embedding
FROM ${branch.relation} TABLESAMPLE BERNOULLI (${share}) WHERE ${scope}${andFilter(filter, parameters)}
) s${index} ORDER BY random() LIMIT ${limit})`;
  });
  return { text: parts.join(" UNION ALL "), values: parameters.values, prepare: false };
}

export function decodeSampled(row: Row): SampledRecord {
  return {
    branch: branchOf(row),
    namespace: String(row[1]),
    key: String(row[2]),
    vector: row[3] as Float32Array,
  };
}
