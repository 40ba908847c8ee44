/**
 * Whether a shard group may still go to the target of its move: while its operation waited, others may have
 * changed that.
 */
import type { ClusterNode, PinRow } from "../../engines/placement-changes.ts";
import { hashText } from "../../topology/ring.ts";
import type { Collection, Shard } from "../../topology/shard-map.ts";
import { findNode } from "./find-in-catalog.ts";
import { refused } from "./refusals.ts";

export interface Placing {
  readonly collection: Collection;
  readonly shard: Shard;
  /** Name of the node. */
  readonly target: string;
}

/**
 * Throws NODE_NOT_FOUND, or PLACEMENT_REFUSED for a node that gets no shard groups and for a pin to another
 * one. Pure.
 */
export function checkPlacement(
  { collection, shard, target }: Placing,
  { nodes, pins }: { readonly nodes: readonly ClusterNode[]; readonly pins: readonly PinRow[] },
): void {
  const node = findNode(nodes, target);
  if (node.role === "standby" || !node.active || !node.mayHoldShards) {
    throw refused(`${target} gets no shard groups any more`);
  }
  const contrary = pins.find(({ collection: pinned, shardKey, group }) => {
    const hash = hashText(shardKey);
    return pinned === collection.id && group !== node.group && hash >= shard.min && hash <= shard.max;
  });
  if (contrary === undefined) return;
  const namespace = JSON.stringify(contrary.namespace);
  throw refused(`a pin of namespace ${namespace} keeps shard ${shard.id} on node group ${contrary.group}`);
}
