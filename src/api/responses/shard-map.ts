/** The shard map and its parts, in the shape that proto-loader takes. */
import type { Collection, Node, Shard, ShardMap } from "../../topology/shard-map.ts";
import type { ClusterApi } from "../cluster-api.ts";

export function toShardMapMessage(map: ShardMap, cluster: ClusterApi, nowMs: number): object {
  return {
    epoch: map.epoch,
    cluster_id: map.clusterId,
    nodes: map.nodes.map((node) => toNodeMessage(node, { map, cluster, nowMs })),
    shards: map.collections.flatMap((collection) =>
      collection.shards.map((shard) => toShardMessage(collection, shard)),
    ),
  };
}

export function toNodeMessage(
  node: Node,
  { map, cluster, nowMs }: { map: ShardMap; cluster: ClusterApi; nowMs: number },
): object {
  const { answeredAtMs, error } = cluster.nodeHealth(node.id);
  const shards = map.collections.flatMap((collection) => collection.shards);
  return {
    id: node.id,
    group_id: node.group,
    name: node.name,
    role: node.role === "primary" ? "NODE_ROLE_PRIMARY" : "NODE_ROLE_STANDBY",
    shard_count: shards.filter(({ group }) => group === node.group).length,
    seconds_since_answer: answeredAtMs === undefined ? undefined : Math.max(0, nowMs - answeredAtMs) / 1000,
    last_error: error ?? "",
  };
}

export function toShardMessage(collection: Collection, shard: Shard, estimatedRows?: number): object {
  return {
    id: shard.id,
    collection: collection.name,
    hash_min: shard.min,
    hash_max: shard.max,
    group_id: shard.group,
    estimated_rows: estimatedRows === undefined ? undefined : Math.round(estimatedRows),
  };
}
