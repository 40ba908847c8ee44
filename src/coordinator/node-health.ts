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

/** Of any node group that requests need; undefined when none ever answered. */
export function secondsSinceAnswer(map: ShardMap, nodes: NodePools): number | undefined {
  const times = neededGroups(map).flatMap((group) => healthOf(map, group, nodes)?.answeredAtMs ?? []);
  return times.length === 0 ? undefined : (Date.now() - Math.max(...times)) / 1000;
}

export interface GroupsByHealth {
  readonly up: readonly GroupId[];
  readonly down: readonly GroupId[];
}

/** The node groups that requests need, by whether their primary answers. */
export function groupsByHealth(map: ShardMap, nodes: NodePools): GroupsByHealth {
  const isGroupUp = (group: GroupId) => {
    const health = healthOf(map, group, nodes);
    return health !== undefined && isUp(health);
  };
  const needed = neededGroups(map);
  return { up: needed.filter(isGroupUp), down: needed.filter((group) => !isGroupUp(group)) };
}

/** Those with shards; before there are any, all. A Citus coordinator node mostly has none. */
function neededGroups(map: ShardMap): readonly GroupId[] {
  const withShards = groupsWithShards(map);
  return withShards.length > 0 ? withShards : [...new Set(primaries(map).map(({ group }) => group))];
}

function healthOf(map: ShardMap, group: GroupId, nodes: NodePools) {
  const node = primaryOf(map, group);
  return node && nodes.health(node);
}

export function shardIds(map: ShardMap): ReadonlySet<number> {
  return new Set(map.collections.flatMap(({ shards }) => shards.map(({ id }) => id)));
}
