/** The primaries of the cluster with what planning calls their state, by the Citus coordinator node. */
import type { NodeInventory, NodeState } from "../../../rebalance/cluster-inventory.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const STATES = `SELECT nodeid, groupid, concat(nodename, ':', nodeport) AS name,
  CASE WHEN NOT isactive THEN 'inactive' WHEN shouldhaveshards THEN 'active'
    WHEN EXISTS (SELECT FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition t USING (logicalrelid)
      WHERE p.groupid = n.groupid AND t.partmethod = 'h') THEN 'draining'
    ELSE 'drained' END AS state
FROM pg_dist_node n WHERE noderole = 'primary' ORDER BY nodeid`;

export type CatalogNode = Pick<NodeInventory, "node" | "group" | "name" | "state">;

export async function readNodeStates(query: AdminQuery): Promise<readonly CatalogNode[]> {
  const rows = await query(STATES);
  return rows.map(({ nodeid, groupid, name, state }) => ({
    node: Number(nodeid),
    group: Number(groupid),
    name: String(name),
    state: state as NodeState,
  }));
}
