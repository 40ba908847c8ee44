/**
 * The namespaces of shards, by name: one index look-up per namespace (a loose index scan), however many
 * records each has. A branch's rows end at its limit.
 */
import type { Row, Statement } from "../statement.ts";
import { type Branch, branchOf, fence, integer, Parameters } from "./branch.ts";

export interface NamespaceRow {
  readonly branch: number;
  readonly namespace: string;
}

export function namespacesStatement(input: {
  readonly branches: readonly Branch[];
  /** Names greater than this one. Empty: from the first. */
  readonly after: string;
  readonly limit: number;
}): Statement {
  const parameters = new Parameters();
  const after = parameters.add(input.after, "text");
  const branches = input.branches.map(
    ({ relation, shardId, isHere }, index) => `(WITH RECURSIVE names(name) AS (
  (SELECT shard_key FROM ${relation} WHERE shard_key > ${after} AND ${fence({ shardId, isHere })} ORDER BY shard_key LIMIT 1)
  UNION ALL
  SELECT (SELECT shard_key FROM ${relation} WHERE shard_key > names.name ORDER BY shard_key LIMIT 1)
  FROM names WHERE names.name IS NOT NULL
) SELECT ${index} AS branch, name FROM names WHERE name IS NOT NULL LIMIT ${integer(input.limit)})`,
  );
  return { text: branches.join(" UNION ALL "), values: parameters.values, prepare: false };
}

export function decodeNamespace(row: Row): NamespaceRow {
  return { branch: branchOf(row), namespace: row[1] as string };
}
