/** What a shard group costs its node under a strategy, and what nodes carry. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import type { NodeInventory, ShardGroup } from "./cluster-inventory.ts";

export type BalanceStrategy = "by_disk_size" | "by_shard_count" | "by_row_count" | "by_load";

/** In bytes, shard groups, rows, or queries x milliseconds per second. */
export function costOf(group: ShardGroup, strategy: BalanceStrategy): number {
  switch (strategy) {
    case "by_disk_size":
      return group.bytes;
    case "by_shard_count":
      return 1;
    case "by_row_count":
      return group.rows;
    case "by_load":
      return group.load;
  }
}

/** What each of the nodes carries, in their order. */
export function nodeCosts(
  nodes: readonly Pick<NodeInventory, "group">[],
  shardGroups: readonly ShardGroup[],
  strategy: BalanceStrategy,
): readonly number[] {
  const costs = new Map<GroupId, number>();
  for (const group of shardGroups) {
    costs.set(group.group, (costs.get(group.group) ?? 0) + costOf(group, strategy));
  }
  return nodes.map(({ group }) => costs.get(group) ?? 0);
}
