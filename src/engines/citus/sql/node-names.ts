/** The nodes of the cluster by name, as any role may read them on any node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const NAMES =
  "SELECT concat(nodename, ':', nodeport) AS name, isactive FROM pg_dist_node ORDER BY groupid, nodeid";

/** In the order of their groups, standbys too. */
export async function readNodeNames(
  query: AdminQuery,
): Promise<readonly { readonly name: string; readonly active: boolean }[]> {
  const rows = await query(NAMES);
  return rows.map(({ name, isactive }) => ({ name: String(name), active: isactive !== false }));
}
