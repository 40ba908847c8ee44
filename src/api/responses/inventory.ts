/** What the inventory knows of nodes and shards, as fields of their messages. */
import { upperCase } from "../../lib/upper-case.ts";
import type { NodeInit } from "../../proto/generated/orrery/v1/Node.ts";
import type { ShardInit } from "../../proto/generated/orrery/v1/Shard.ts";
import type { ClusterInventory, ShardGroup } from "../../rebalance/cluster-inventory.ts";
import type { Node } from "../../topology/shard-map.ts";

/** Sums are of the shard groups on the group of the node; a standby has those of its primary. */
export function toNodeFacts(node: Node, inventory: ClusterInventory | undefined): NodeInit {
  const known = inventory?.nodes.find(({ group }) => group === node.group);
  if (inventory === undefined || known === undefined) return {};
  const state: NodeInit = { state: `NODE_STATE_${upperCase(known.state)}` };
  if (known.server === undefined) return state;
  const groups = inventory.shardGroups.filter(({ group }) => group === node.group);
  const sum = (of: (group: ShardGroup) => number) => groups.reduce((total, group) => total + of(group), 0);
  return {
    ...state,
    ...(node.role === "primary" && {
      diskFreeBytes: known.disk?.freeBytes,
      diskTotalBytes: known.disk?.totalBytes,
    }),
    bytes: sum(({ bytes }) => bytes),
    estimatedRows: sum(({ rows }) => rows),
    load: sum(({ load }) => load),
  };
}

export function toShardFacts(group: ShardGroup | undefined): ShardInit {
  return group === undefined ? {} : { bytes: group.bytes, load: group.load };
}
