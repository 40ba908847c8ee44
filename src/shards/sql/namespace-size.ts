/**
 * Rows of a shard key, counted, and their bytes, estimated from the mean row of the shard (without indexes).
 */
import type { Row, Statement } from "../statement.ts";
import { type Branch, fencedScope, Parameters } from "./branch.ts";

export interface NamespaceSize {
  readonly rows: bigint;
  readonly estimatedBytes: bigint;
}

export function namespaceSizeStatement(branch: Branch): Statement {
  const parameters = new Parameters();
  const scope = fencedScope(branch, parameters);
  const relation = parameters.add(branch.relation, "text");
  return {
    text: `SELECT 0 AS branch, n.count, (n.count * pg_table_size(c.oid) / greatest(c.reltuples, n.count, 1))::int8
FROM (SELECT count(*) FROM ${branch.relation} WHERE ${scope}) n, pg_class c WHERE c.oid = to_regclass(${relation})`,
    values: parameters.values,
    prepare: false,
  };
}

export function decodeNamespaceSize(row: Row): NamespaceSize {
  return { rows: row[1] as bigint, estimatedBytes: row[2] as bigint };
}
