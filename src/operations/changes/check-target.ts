/**
 * Whether a shard group may go to a node, or be cut on it, asked before a change is recorded, so that what
 * cannot be done is refused before anything moves.
 */
import type { ClusterNode } from "../../engines/placement-changes.ts";
import { checkMove } from "../../rebalance/check-move.ts";
import type { ClusterInventory, ShardGroup } from "../../rebalance/cluster-inventory.ts";
import type { Warning } from "../../rebalance/rebalance-plan.ts";
import { judgeOutputPlugins, judgeWalLevel } from "../../servers/judge-settings.ts";
import { reasonsAgainst } from "../../servers/verdict.ts";
import type { Shard } from "../../topology/shard-map.ts";
import type { PlacementDeps } from "./change-deps.ts";
import { findPrimary } from "./find-in-catalog.ts";
import { refused, unfit } from "./refusals.ts";

/**
 * Throws NODE_NOT_FOUND, PLACEMENT_REFUSED or NODE_UNFIT unless the shard group may go to the node and can.
 */
export async function checkTarget(
  { changes, inventory }: Pick<PlacementDeps, "changes" | "inventory">,
  { shard, target }: { readonly shard: Shard; readonly target: string },
  signal: AbortSignal,
): Promise<void> {
  const nodes = await changes.readNodes(signal);
  const { group, active } = findPrimary(nodes, target);
  if (active && shard.group === group) throw refused(`shard ${shard.id} is on ${target} already`);
  takesShards(nodes, target);
  const known = await inventory(signal);
  shardGroupOf(known, shard);
  refuseBlocked(checkMove(known, { shard: shard.id, target }));
}

/** Throws NODE_NOT_FOUND, PLACEMENT_REFUSED or NODE_UNFIT unless the node may hold shard groups. Pure. */
export function takesShards(nodes: readonly ClusterNode[], target: string): void {
  const node = findPrimary(nodes, target);
  if (!node.active) throw unfit(target, [`${target} is registered, but not in use`]);
  if (!node.mayHoldShards) throw refused(`${target} gets no shard groups: it is drained or only coordinates`);
}

/** The shard group in the inventory. NODE_UNFIT when the node that holds it does not answer. Pure. */
export function shardGroupOf(known: ClusterInventory, shard: Shard): ShardGroup {
  const shardGroup = known.shardGroups.find((group) => group.shard === shard.id);
  if (shardGroup !== undefined) return shardGroup;
  const source = known.nodes.find(({ group }) => group === shard.group)?.name ?? `group ${shard.group}`;
  throw unfit(source, [`${source}, which holds shard ${shard.id}, does not answer`]);
}

/** Throws NODE_UNFIT unless shards of this node can be cut while they are written to. */
export async function checkSplittable(
  { changes }: Pick<PlacementDeps, "changes">,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  const facts = await changes.serverFacts(node, signal);
  const verdicts = [judgeWalLevel(facts), judgeOutputPlugins(facts)];
  const reasons = reasonsAgainst(node, verdicts, (ability) => ability === "split");
  if (reasons.length > 0) throw unfit(node, reasons);
}

/**
 * Throws PLACEMENT_REFUSED for a pin that makes it impossible, NODE_UNFIT naming every other reason. Pure.
 */
export function refuseBlocked(warnings: readonly Warning[]): void {
  const blocking = warnings.filter(({ severity }) => severity === "blocking");
  const pin = blocking.find(({ code }) => code === "pin_impossible");
  if (pin !== undefined) throw refused(pin.message);
  if (blocking.length === 0) return;
  const messages = [...new Set(blocking.map(({ message }) => message))];
  throw unfit(blocking[0]?.node ?? "", messages);
}
