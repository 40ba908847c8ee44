/** Which nodes build the indexes of a change, by the catalogs of the Citus coordinator node. */
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import type { NodeId } from "../../../topology/shard-map.ts";
import type { LongStatement } from "../../placement-changes.ts";

const BY_ID =
  "SELECT concat(nodename, ':', nodeport) AS node FROM pg_dist_node WHERE nodeid = ANY ($1::int[])";

/** `host:port` of each; none where nothing is built, or the nodes are gone. */
export async function findBuilders(query: AdminQuery, statement: LongStatement): Promise<readonly string[]> {
  if (statement.kind === "reindex") return [statement.node];
  const rows = await query(BY_ID, [buildersOf(statement)]);
  return rows.map(({ node }) => String(node));
}

function buildersOf(statement: Exclude<LongStatement, { kind: "reindex" }>): readonly NodeId[] {
  switch (statement.kind) {
    case "move":
      return [statement.target];
    case "split":
      return statement.nodes;
    case "copy reference tables":
      return [];
  }
}
