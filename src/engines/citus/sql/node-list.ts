/** The nodes of the cluster by the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { ClusterNode } from "../../placement-changes.ts";

const NODES = `SELECT nodeid, groupid, concat(nodename, ':', nodeport) AS name, noderole = 'primary' AS is_primary, isactive,
  shouldhaveshards, (
    SELECT count(*) FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition t USING (logicalrelid)
    WHERE p.groupid = n.groupid AND t.partmethod <> 'n') AS shards
FROM pg_dist_node n ORDER BY nodeid`;

export async function readNodes(query: AdminQuery): Promise<readonly ClusterNode[]> {
  const rows = await query(NODES);
  return rows.map(({ nodeid, groupid, name, is_primary, isactive, shouldhaveshards, shards }) => ({
    id: Number(nodeid),
    group: Number(groupid),
    name: String(name),
    role: is_primary === true ? "primary" : "standby",
    active: isactive === true,
    mayHoldShards: shouldhaveshards === true,
    shards: Number(shards),
  }));
}
