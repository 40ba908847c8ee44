/** Deletes records of one shard key, and what deleting a whole one needs. All go to the distributed table. */
import type { Row, Statement } from "../statement.ts";
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

/** The first keys of a shard key. */
export function firstKeysStatement({ relation, shardKey }: Omit<KeyGroup, "keys">, limit: number): Statement {
  return {
    text: `SELECT key FROM ${relation} WHERE shard_key = $1::text ORDER BY key LIMIT ${integer(limit)}`,
    values: [shardKey],
    prepare: false,
  };
}

export function decodeKey(row: Row): string {
  return row[0] as string;
}
