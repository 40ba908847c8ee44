/**
 * Who may run Orrery's functions on a node. Citus copies functions to a node with their grants, but not the
 * revocation of the default one, by which every role may run a new function. The Citus coordinator node has
 * the rights that the migrations give.
 */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/** Of PUBLIC and of `orrery_service`; grants to other roles are left alone. */
const RIGHTS = `WITH rights AS (
  SELECT concat('ROUTINE ', p.oid::regprocedure) AS object, a.* FROM pg_proc p,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.pronamespace = 'orrery'::regnamespace
  UNION ALL SELECT 'SCHEMA orrery', a.* FROM pg_namespace n,
    aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = 'orrery'
)
SELECT privilege_type, object, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE 'orrery_service' END AS role
FROM rights WHERE grantee IN (0, to_regrole('orrery_service'))`;

/** Rights on the schema and its functions, each as `<right> ON <object> <role>` of GRANT and REVOKE. */
export interface Right {
  readonly what: string;
  readonly role: string;
}

export async function readRights(query: AdminQuery): Promise<readonly Right[]> {
  const rows = await query(RIGHTS);
  return rows.map(({ privilege_type, object, role }) => ({
    what: `${privilege_type} ON ${object}`,
    role: String(role),
  }));
}

/**
 * The statements after which a node that has `present` has what is `wanted`; none when it has it already.
 * Pure.
 */
export function changesOfRights(present: readonly Right[], wanted: readonly Right[]): readonly string[] {
  const lacks = (rights: readonly Right[], { what, role }: Right) =>
    !rights.some((other) => other.what === what && other.role === role);
  return [
    ...present.filter((right) => lacks(wanted, right)).map(({ what, role }) => `REVOKE ${what} FROM ${role}`),
    ...wanted.filter((right) => lacks(present, right)).map(({ what, role }) => `GRANT ${what} TO ${role}`),
  ];
}

/** Keeps Citus from carrying the changes of a transaction to the other nodes, which have what they should. */
export const ON_THIS_NODE_ONLY = "SET LOCAL citus.enable_ddl_propagation TO off";
