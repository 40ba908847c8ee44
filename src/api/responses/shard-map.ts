/** The shard map and its parts, in the shape that proto-loader takes. */

import type { NodeInit } from "../../proto/generated/orrery/v1/Node.ts";
import type { ShardInit } from "../../proto/generated/orrery/v1/Shard.ts";
import type { ShardMapInit } from "../../proto/generated/orrery/v1/ShardMap.ts";
import type { Collection, Node, Shard, ShardMap } from "../../topology/shard-map.ts";
import type { ClusterApi } from "../cluster-api.ts";

export function toShardMapMessage(map: ShardMap, cluster: ClusterApi, nowMs: number): ShardMapInit {
  return {
    epoch: map.epoch,
    clusterId: map.clusterId,
    nodes: map.nodes.map((node) => toNodeMessage(node, { map, cluster, nowMs })),
    shards: map.collections.flatMap((collection) =>
      collection.shards.map((shard) => toShardMessage(collection, shard)),
    ),
  };
}

export function toNodeMessage(
  node: Node,
  { map, cluster, nowMs }: { map: ShardMap; cluster: ClusterApi; nowMs: number },
): NodeInit {
  const { answeredAtMs, error } = cluster.nodeHealth(node.id);
  const shards = map.collections.flatMap((collection) => collection.shards);
  return {
    id: node.id,
    groupId: node.group,
    name: node.name,
    role: node.role === "primary" ? "NODE_ROLE_PRIMARY" : "NODE_ROLE_STANDBY",
    shardCount: shards.filter(({ group }) => group === node.group).length,
    secondsSinceAnswer: answeredAtMs === undefined ? undefined : Math.max(0, nowMs - answeredAtMs) / 1000,
    lastError: error ?? "",
  };
}

export function toShardMessage(collection: Collection, shard: Shard, estimatedRows?: number): ShardInit {
  return {
    id: shard.id,
    collection: collection.name,
    hashMin: shard.min,
    hashMax: shard.max,
    groupId: shard.group,
    estimatedRows: estimatedRows === undefined ? undefined : Math.round(estimatedRows),
  };
}
