/** Whether an index of a distributed table is there, and can be used, on every shard. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const IS_VALID = `SELECT coalesce((SELECT indisvalid FROM pg_index
  WHERE indexrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2))), false) AS valid`;

/** `$2`: of each shard, whether it has the index. */
const LACKING = `SELECT count(*)::int AS lacking FROM run_command_on_shards($1, $2)
WHERE NOT success OR result <> 't'`;

/** Citus names the index of a shard like the shard's table. */
const hasIndex = (name: string) => `SELECT EXISTS (SELECT FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
  WHERE x.indrelid = '%s'::regclass AND x.indisvalid AND i.relname = '${name}' || substring(t.relname FROM '_[0-9]+$'))`;

/** `table`: quoted, with schema. `name`: made of letters, digits and `_`. */
export async function isIndexComplete(
  query: AdminQuery,
  table: string,
  { schema, name }: { readonly schema: string; readonly name: string },
): Promise<boolean> {
  if (!/^[a-z0-9_]+$/.test(name)) throw new RangeError(`not the name of an index: ${name}`);
  const [state] = await query(IS_VALID, [schema, name]);
  if (state?.valid !== true) return false;
  const [row] = await query(LACKING, [table, hasIndex(name)]);
  return row?.lacking === 0;
}
