/** Deletes records of one shard key, and what deleting a whole one needs. All go to the distributed table. */
import type { Statement } from "../statement.ts";
import { integer, Parameters } from "./branch.ts";

export interface KeyGroup {
  readonly relation: string;
  readonly shardKey: string;
  readonly keys: readonly string[];
}

/** Returns key and version of every record deleted. */
export function deleteStatement({ relation, shardKey, keys }: KeyGroup): Statement {
  const parameters = new Parameters();
  const scope = `shard_key = ${parameters.add(shardKey, "text")} AND key = ANY(${parameters.add(keys, "text[]")})`;
  return {
    text: `DELETE FROM ${relation} WHERE ${scope} RETURNING key, version`,
    values: parameters.values,
    prepare: true,
  };
}

/** Returns key and version of those that exist. */
export function versionsStatement({ relation, shardKey, keys }: KeyGroup): Statement {
  const parameters = new Parameters();
  const scope = `shard_key = ${parameters.add(shardKey, "text")} AND key = ANY(${parameters.add(keys, "text[]")})`;
  return {
    text: `SELECT key, version FROM ${relation} WHERE ${scope}`,
    values: parameters.values,
    prepare: false,
  };
}

export interface VersionGroup extends Omit<KeyGroup, "keys"> {
  readonly records: readonly { readonly key: string; readonly version: bigint }[];
}

/**
 * Deletes records that still have these versions, and returns key and version of each: what was written since
 * stays.
 */
export function deleteVersionsStatement({ relation, shardKey, records }: VersionGroup): Statement {
  const parameters = new Parameters();
  const key = parameters.add(shardKey, "text");
  const keys = parameters.add(
    records.map((record) => record.key),
    "text[]",
  );
  const versions = parameters.add(
    records.map((record) => record.version),
    "int8[]",
  );
  return {
    text: `DELETE FROM ${relation} WHERE shard_key = ${key}
AND (key, version) IN (SELECT * FROM unnest(${keys}, ${versions})) RETURNING key, version`,
    values: parameters.values,
    prepare: false,
  };
}

/** The first keys of a shard key, and their versions. */
export function firstKeysStatement({ relation, shardKey }: Omit<KeyGroup, "keys">, limit: number): Statement {
  return {
    text: `SELECT key, version FROM ${relation} WHERE shard_key = $1::text ORDER BY key LIMIT ${integer(limit)}`,
    values: [shardKey],
    prepare: false,
  };
}
