/** Records by key. */
import type { Row, Statement } from "../statement.ts";
import { branchOf, fence, Parameters } from "./branch.ts";
import {
  ANY_SIZE,
  hasPayload,
  payloadBytes,
  payloadWhere,
  readWanted,
  textColumns,
  type Wanted,
  type WantedColumns,
} from "./columns.ts";

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

export interface GetInput {
  readonly branches: readonly GetBranch[];
  readonly wanted: Wanted;
  /** When their payloads together are larger, the records come without them; undefined: never. */
  readonly maxBytes?: number;
}

export function getStatement({ branches, wanted, maxBytes = ANY_SIZE }: GetInput): Statement {
  const parameters = new Parameters();
  const limit = hasPayload(wanted) ? parameters.add(maxBytes, "int8") : undefined;
  const records = branches
    .map(
      (branch, index) =>
        `(SELECT ${index} AS branch, ${recordColumns(wanted)} FROM ${branch.relation}
WHERE ${wantedKeys(branch, parameters)})`,
    )
    .join(" UNION ALL ");
  return {
    text: limit === undefined ? records : withinTotal({ records, columns: RECORD, limit }, wanted),
    values: parameters.values,
    prepare: branches.length === 1,
  };
}

/** The condition of a branch, with its fence. */
export function wantedKeys(branch: GetBranch, parameters: Parameters): string {
  const { wantedKeys: keys } = branch;
  const shardKeys = parameters.add(
    keys.map(([shardKey]) => shardKey),
    "text[]",
  );
  const ownKeys = parameters.add(
    keys.map(([, key]) => key),
    "text[]",
  );
  return `(shard_key, key) IN (SELECT * FROM unnest(${shardKeys}, ${ownKeys})) AND ${fence(branch)}`;
}

interface Total {
  /** A statement with `columns` and `textColumns(wanted)`. */
  readonly records: string;
  readonly columns: string;
  /** The place of the most bytes that all payloads together may have. */
  readonly limit: string;
}

/** The records, without payloads when those are too large together. */
export function withinTotal({ records, columns, limit }: Total, wanted: Wanted): string {
  return `SELECT ${columns}${payloadWhere(`total <= ${limit}`, wanted)} FROM (
SELECT *, sum(${payloadBytes(wanted)}) OVER () AS total FROM (${records}) r) t`;
}

const RECORD = "branch, namespace, key, created_us, updated_us, version";

/** The select list of whole records but for the branch; times in microseconds since 1970. */
export function recordColumns(wanted: Wanted): string {
  const times = `${microseconds("created_at")} AS created_us, ${microseconds("updated_at")} AS updated_us`;
  return `namespace, key, ${times}, version${textColumns(wanted)}`;
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
