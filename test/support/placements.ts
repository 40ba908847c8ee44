/** Where shards are according to Citus's own catalogs. */
import type { CitusCluster } from "./citus-cluster.ts";

export interface TestPlacement {
  readonly shardId: string;
  /** Citus's groupid of the node. */
  readonly group: number;
  /** `host:port`. */
  readonly node: string;
}

/** The placement of the shard that holds a namespace. */
export async function placementOf(
  cluster: CitusCluster,
  namespace: string,
  table = "memory_entries",
): Promise<TestPlacement> {
  const [row] = await cluster.sql(
    "SELECT get_shard_id_for_distribution_column($1::regclass, $2::text)::text AS shard",
    [table, namespace],
  );
  return placementOfShard(cluster, String(row?.shard));
}

export async function placementOfShard(cluster: CitusCluster, shardId: string): Promise<TestPlacement> {
  const [row] = await cluster.sql(
    `SELECT groupid, concat(nodename, ':', nodeport) AS node
FROM pg_dist_placement JOIN pg_dist_node USING (groupid) WHERE shardid = $1`,
    [shardId],
  );
  return { shardId, group: Number(row?.groupid), node: String(row?.node) };
}

/** The id of a shard that holds more than one of these namespaces. */
export async function shardOfSeveral(cluster: CitusCluster, namespaces: readonly string[]): Promise<string> {
  const [row] = await cluster.sql(
    `SELECT get_shard_id_for_distribution_column('memory_entries', n) AS shard FROM unnest($1::text[]) n
GROUP BY 1 HAVING count(*) > 1 LIMIT 1`,
    [namespaces],
  );
  return String(row?.shard);
}
