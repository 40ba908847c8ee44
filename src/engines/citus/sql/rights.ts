/**
 * Who may run Orrery's functions and read the views of collections on a node. To a node that is added Citus
 * copies functions with their grants, but not the revocation of the default one, by which every role may run
 * a new function; and views without any grants. The Citus coordinator node has the rights that it should be.
 */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { READER, VIEW_SCHEMA } from "../../collection-view.ts";

/** Of PUBLIC and of Orrery's two roles; grants to other roles are left alone. */
const RIGHTS = `WITH rights AS (
  SELECT concat('ROUTINE ', p.oid::regprocedure) AS object, a.* FROM pg_proc p,
    aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.pronamespace = 'orrery'::regnamespace
  UNION ALL SELECT concat('SCHEMA ', n.nspname), a.* FROM pg_namespace n,
    aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname IN ('orrery', '${VIEW_SCHEMA}')
  UNION ALL SELECT v.oid::regclass::text, a.* FROM pg_class v,
    aclexplode(v.relacl) a WHERE v.relkind = 'v' AND v.relnamespace = to_regnamespace('${VIEW_SCHEMA}')
)
SELECT privilege_type, object, coalesce(nullif(grantee::regrole::text, '-'), 'PUBLIC') AS role
FROM rights WHERE grantee IN (0, to_regrole('orrery_service'), to_regrole('${READER}'))`;

/**
 * Rights on Orrery's schemas, functions and views, each as `<right> ON <object> <role>` of GRANT and REVOKE.
 */
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
