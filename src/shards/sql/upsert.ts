/**
 * Writes the records of one shard key, in one statement: all or nothing, except those it may refuse one by
 * one. Goes to the distributed table, so that Citus forwards it when this node is no longer the owner.
 * Returns key and new version of every record applied.
 *
 * Versions are the microseconds since 1970 of the clock of the node that takes the write, or the old version
 * + 1 where that is more. So they grow for as long as the record exists, whatever the clock does, and
 * likewise `created_at <= updated_at` holds and `updated_at` never goes back. Nothing is remembered of a
 * record that was deleted: written again, it begins with what the clock says then. In an INSERT the clock is
 * read in VALUES, where Citus evaluates it once; in SET it would refuse it.
 */
import type { Row, Statement } from "../statement.ts";
import { Parameters } from "./branch.ts";
import { timestampText } from "./timestamp-text.ts";

export interface WrittenRecord {
  readonly key: string;
  readonly value?: string;
  readonly metadata?: string;
  readonly tags?: readonly string[];
  readonly vector?: Float32Array;
  readonly createdAtUs?: bigint;
  /** Expected version, for `replaceStatement`. */
  readonly version?: bigint;
}

export interface WriteGroup {
  /** Quoted, with schema: from `Engine.writeRelation`. */
  readonly relation: string;
  readonly shardKey: string;
  readonly namespace: string;
  /** Sorted by key, so that two writers lock rows in the same order. */
  readonly records: readonly WrittenRecord[];
}

export interface WrittenRow {
  readonly key: string;
  readonly version: bigint;
}

const CLOCK_VERSION = "(extract(epoch FROM clock_timestamp()) * 1000000)::int8";

/**
 * The clock of the write, for a record that exists. EXCLUDED.updated_at is later when the write brings a
 * created_at of the future, which is for new records only; doubles hold microseconds until the year 2255.
 */
const EXCLUDED_CLOCK = "to_timestamp(EXCLUDED.version / 1000000.0::float8)";

/**
 * `onExisting`: `replace` overwrites all but created_at, `keep` leaves the record alone and does not return
 * it.
 */
export function upsertStatement(group: WriteGroup, onExisting: "replace" | "keep"): Statement {
  const parameters = new Parameters();
  const shardKey = parameters.add(group.shardKey, "text");
  const namespace = parameters.add(group.namespace, "text");
  const rows = group.records.map((record) => {
    const createdAt = parameters.add(
      record.createdAtUs === undefined ? null : timestampText(record.createdAtUs),
      "timestamptz",
    );
    return `(${shardKey}, ${namespace}, ${stored(record, parameters).join(", ")}, coalesce(${createdAt}, now()), greatest(${createdAt}, now()), ${CLOCK_VERSION})`;
  });
  const conflict =
    onExisting === "keep"
      ? "DO NOTHING"
      : `DO UPDATE SET value = EXCLUDED.value, metadata = EXCLUDED.metadata, tags = EXCLUDED.tags, embedding = EXCLUDED.embedding,
  updated_at = greatest(${EXCLUDED_CLOCK}, t.updated_at, t.created_at), version = greatest(t.version + 1, EXCLUDED.version)`;
  return {
    text: `INSERT INTO ${group.relation} AS t
(shard_key, namespace, key, value, metadata, tags, embedding, created_at, updated_at, version)
VALUES ${rows.join(",\n")}
ON CONFLICT (shard_key, key) ${conflict} RETURNING key, version`,
    values: parameters.values,
    prepare: group.records.length === 1,
  };
}

/** Changes the given fields of records that exist. */
export function updateStatement(group: WriteGroup): Statement {
  const parameters = new Parameters();
  const shardKey = parameters.add(group.shardKey, "text");
  const rows = group.records.map((record) => `(${given(record, parameters).join(", ")})`);
  return {
    text: `UPDATE ${group.relation} AS t SET value = coalesce(v.value, t.value), metadata = coalesce(v.metadata, t.metadata),
  tags = coalesce(v.tags, t.tags), embedding = coalesce(v.embedding, t.embedding), ${TOUCHED}
FROM (VALUES ${rows.join(",\n")}) AS v (key, value, metadata, tags, embedding)
WHERE t.shard_key = ${shardKey} AND t.key = v.key RETURNING t.key, t.version`,
    values: parameters.values,
    prepare: false,
  };
}

/** Replaces records whose version is the expected one. */
export function replaceStatement(group: WriteGroup): Statement {
  const parameters = new Parameters();
  const shardKey = parameters.add(group.shardKey, "text");
  const rows = group.records.map(
    (record) => `(${stored(record, parameters).join(", ")}, ${parameters.add(record.version ?? 0n, "int8")})`,
  );
  return {
    text: `UPDATE ${group.relation} AS t SET value = v.value, metadata = v.metadata, tags = v.tags, embedding = v.embedding, ${TOUCHED}
FROM (VALUES ${rows.join(",\n")}) AS v (key, value, metadata, tags, embedding, expected)
WHERE t.shard_key = ${shardKey} AND t.key = v.key AND t.version = v.expected RETURNING t.key, t.version`,
    values: parameters.values,
    prepare: false,
  };
}

export function decodeWritten(row: Row): WrittenRow {
  return { key: row[0] as string, version: row[1] as bigint };
}

/** now() and not clock_timestamp(): Citus refuses volatile functions in SET. */
const TOUCHED =
  "updated_at = greatest(now(), t.updated_at, t.created_at), version = greatest(t.version + 1, (extract(epoch FROM now()) * 1000000)::int8)";

/** Key and fields. Value and metadata may be absent; no tags are the same as absent ones. */
function stored(record: WrittenRecord, parameters: Parameters): string[] {
  if (record.vector === undefined) throw new TypeError(`record ${record.key} has no vector`);
  return given({ ...record, tags: record.tags ?? [] }, parameters);
}

/** Key and fields, absent ones null. */
function given({ key, value, metadata, tags, vector }: WrittenRecord, parameters: Parameters): string[] {
  return [
    parameters.add(key, "text"),
    parameters.add(value ?? null, "text"),
    parameters.add(metadata ?? null, "jsonb"),
    parameters.add(tags ?? null, "text[]"),
    parameters.add(vector ?? null, "vector"),
  ];
}
