/**
 * One page of the records of a shard key, by key. It ends early where its records are large: their sizes are
 * summed up before the payload of any is read.
 */
import type { Row, Statement } from "../statement.ts";
import { type Branch, fencedScope, integer, Parameters } from "./branch.ts";
import { ANY_SIZE, payloadBytes, payloadWhere, type Wanted } from "./columns.ts";
import { andFilter, type Filter } from "./filter.ts";
import { decodeRecord, type RecordRow, recordColumns } from "./get.ts";

export interface ListInput {
  readonly branch: Branch;
  /** Keys greater than this one. Empty: from the first. */
  readonly afterKey: string;
  readonly limit: number;
  readonly filter?: Filter | undefined;
  readonly wanted: Wanted;
  /** The page has no more than this, or one record; undefined: any size. */
  readonly pageBytes?: number;
  /** A record with a larger payload comes without it; undefined: none is too large. */
  readonly maxBytes?: number;
}

export interface ListedRow extends RecordRow {
  /** Records from the first of the page on, at most `limit`, whether they are part of it or not. */
  readonly found: number;
}

/** Of a record besides its payload, namespace and key. */
const RECORD_BYTES = 48;

export function listStatement(input: ListInput): Statement {
  const { branch, afterKey, limit, filter, wanted, pageBytes = ANY_SIZE, maxBytes = ANY_SIZE } = input;
  const parameters = new Parameters();
  const scope = fencedScope(branch, parameters);
  const after = parameters.add(afterKey, "text");
  const page = parameters.add(pageBytes, "int8");
  const most = parameters.add(maxBytes, "int8");
  const bytes = payloadBytes(wanted);
  return {
    text: `SELECT found, namespace, key, created_us, updated_us, version${payloadWhere(`${bytes} <= ${most}`, wanted)} FROM (
SELECT *, (count(*) OVER ())::int4 AS found, row_number() OVER up AS place,
  sum(${bytes} + octet_length(namespace) + octet_length(key) + ${RECORD_BYTES}) OVER up AS up_to
FROM (SELECT ${recordColumns(wanted)} FROM ${branch.relation} WHERE ${scope} AND key > ${after}${andFilter(filter, parameters)} ORDER BY key LIMIT ${integer(limit)}) r
WINDOW up AS (ORDER BY key ROWS UNBOUNDED PRECEDING)) p
WHERE CASE WHEN place = 1 THEN true ELSE up_to <= ${page} END ORDER BY key`,
    values: parameters.values,
    prepare: false,
    // An index of the filter may find fewer rows than come before the last one of the page.
    ...(filter !== undefined && { sorts: true }),
  };
}

export function decodeListed(row: Row, wanted: Wanted): ListedRow {
  return { ...decodeRecord(row, wanted), branch: 0, found: row[0] as number };
}
