/** Records by key. */
import type { Row, Statement } from "../statement.ts";
import { branchOf, fence, Parameters } from "./branch.ts";
import { readWanted, type Wanted, type WantedColumns, wantedColumns } from "./columns.ts";

export interface RecordRow extends WantedColumns {
  readonly branch: number;
  readonly namespace: string;
  readonly key: string;
  readonly createdAtUs: bigint;
  readonly updatedAtUs: bigint;
  readonly version: bigint;
}

export interface GetBranch {
  readonly relation: string;
  readonly shardId: number;
  /** Shard key and key of each record wanted. */
  readonly wantedKeys: readonly (readonly [shardKey: string, key: string])[];
}

export function getStatement(input: {
  readonly branches: readonly GetBranch[];
  readonly wanted: Wanted;
}): Statement {
  const parameters = new Parameters();
  const branches = input.branches.map(({ relation, shardId, wantedKeys }, index) => {
    const shardKeys = parameters.add(
      wantedKeys.map(([shardKey]) => shardKey),
      "text[]",
    );
    const keys = parameters.add(
      wantedKeys.map(([, key]) => key),
      "text[]",
    );
    return `(SELECT ${recordColumns(index, input.wanted)} FROM ${relation}
WHERE (shard_key, key) IN (SELECT * FROM unnest(${shardKeys}, ${keys})) AND ${fence(shardId)})`;
  });
  return { text: branches.join(" UNION ALL "), values: parameters.values, prepare: branches.length === 1 };
}

/** The select list of whole records; times in microseconds since 1970. */
export function recordColumns(branch: number, wanted: Wanted): string {
  return `${branch} AS branch, namespace, key, ${microseconds("created_at")}, ${microseconds("updated_at")}, version${wantedColumns(wanted)}`;
}

export function decodeRecord(row: Row, wanted: Wanted): RecordRow {
  const record = {
    branch: branchOf(row),
    namespace: row[1] as string,
    key: row[2] as string,
    createdAtUs: row[3] as bigint,
    updatedAtUs: row[4] as bigint,
    version: row[5] as bigint,
  };
  return readWanted(record, row, 6, wanted);
}

function microseconds(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::int8`;
}
