/** Rights that the admin role lacks for a kind of change, found out before anything starts. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { RightsFor } from "../../placement-changes.ts";

interface Needed {
  /** To be owned, by the role or one it is a member of: every collection's table. */
  readonly tables: boolean;
  /** To be executed on the Citus coordinator node. */
  readonly functions: readonly string[];
  /** On tables of Citus, on every node: Citus changes them there as the same role. */
  readonly catalogs: readonly (readonly [right: string, table: string])[];
}

const TRANSFERS: Needed = { tables: true, functions: [], catalogs: [] };
const STATE: Needed = {
  tables: false,
  functions: ["citus_set_node_property"],
  catalogs: [["UPDATE", "pg_dist_node"]],
};

/** As SECURITY.md lists them. Adding a node has a check of its own. */
const NEEDED: Readonly<Record<RightsFor, Needed>> = {
  transfers: TRANSFERS,
  drain: { ...STATE, tables: true },
  restore: STATE,
  remove: {
    tables: false,
    functions: ["citus_remove_node"],
    catalogs: [
      ["UPDATE", "pg_dist_node"],
      ["DELETE", "pg_dist_node"],
      ["DELETE", "pg_dist_placement"],
    ],
  },
};

const HERE = `SELECT concat('to own the table of collection ', name) AS lacking FROM orrery.collections
WHERE $1 AND NOT pg_has_role(current_user,
  (SELECT relowner FROM pg_class WHERE relname = table_name AND relnamespace = 'public'::regnamespace), 'USAGE')
UNION ALL
SELECT concat('EXECUTE ON FUNCTION ', p.oid::regprocedure) FROM pg_proc p
WHERE proname = ANY ($2) AND pronamespace = 'pg_catalog'::regnamespace AND NOT has_function_privilege(oid, 'EXECUTE')`;

const ROLE = "SELECT current_user AS role";

/** On the Citus coordinator node. `role`: whose rights they are; `missing` is empty when it lacks none. */
export async function readMissingRights(
  query: AdminQuery,
  change: RightsFor,
): Promise<{ readonly role: string; readonly missing: readonly string[] }> {
  const { tables, functions } = NEEDED[change];
  const [session] = await query(ROLE);
  const missing = (await query(HERE, [tables, functions])).map(({ lacking }) => String(lacking));
  return { role: String(session?.role), missing };
}

/** Whether a change needs rights on every node. */
export function needsRightsOnNodes(change: RightsFor): boolean {
  return NEEDED[change].catalogs.length > 0;
}

/** Those that it lacks on the node that is asked. */
export async function readMissingOnNode(
  query: AdminQuery,
  change: RightsFor,
  node: string,
): Promise<readonly string[]> {
  const checks = NEEDED[change].catalogs.map(
    ([right, table]) =>
      `CASE WHEN NOT has_table_privilege('pg_catalog.${table}', '${right}') THEN '${right} ON ${table}' END`,
  );
  const [row] = await query(`SELECT concat_ws(', ', ${checks.join(", ")}) AS lacking`);
  const lacking = String(row?.lacking ?? "");
  return lacking === "" ? [] : [`${lacking} on ${node}`];
}
