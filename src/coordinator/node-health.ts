/** What the present map and the pools say about the nodes. Part of the composition root. */
import type { NodePools } from "../shards/node-pools.ts";
import {
  type GroupId,
  groupsWithShards,
  type Node,
  primaryOf,
  type ShardMap,
} from "../topology/shard-map.ts";

export function primaries(map: ShardMap): readonly Node[] {
  return map.nodes.filter(({ role }) => role === "primary");
}

export function isUp({ answeredAtMs, error }: ReturnType<NodePools["health"]>): boolean {
  return answeredAtMs !== undefined && error === undefined;
}

/** Of any primary; undefined when none ever answered. */
export function secondsSinceAnswer(map: ShardMap, nodes: NodePools): number | undefined {
  const times = primaries(map).flatMap((node) => nodes.health(node).answeredAtMs ?? []);
  return times.length === 0 ? undefined : (Date.now() - Math.max(...times)) / 1000;
}

/** Node groups with shards whose primary does not answer. */
export function groupsDown(map: ShardMap, nodes: NodePools): readonly GroupId[] {
  return groupsWithShards(map).filter((group) => {
    const node = primaryOf(map, group);
    return node === undefined || !isUp(nodes.health(node));
  });
}

export function shardIds(map: ShardMap): ReadonlySet<number> {
  return new Set(map.collections.flatMap(({ shards }) => shards.map(({ id }) => id)));
}
