/** Whether a plan still fits the cluster. Pure. */
import { checkMove } from "./check-move.ts";
import type { ClusterInventory } from "./cluster-inventory.ts";
import type { RebalancePlan, Warning } from "./rebalance-plan.ts";

/** Why the plan can no longer be carried out; empty when it can. Changed sizes are no reason. */
export function whyOutdated(
  { moves }: Pick<RebalancePlan, "moves">,
  { nodes, shardGroups }: ClusterInventory,
): readonly string[] {
  return moves.flatMap(({ shard, source, target }) => {
    const group = shardGroups.find((one) => one.shard === shard);
    if (group === undefined) {
      const unreachable = nodes.some((node) => node.name === source && node.server === undefined);
      return [
        unreachable ? `${source}, which held shard ${shard}, does not answer` : `shard ${shard} is gone`,
      ];
    }
    const place = nodes.find((node) => node.group === group.group)?.name ?? `node group ${group.group}`;
    if (place !== source) return [`shard ${shard} is on ${place}, no longer on ${source}`];
    const state = nodes.find(({ name }) => name === target)?.state;
    if (state === undefined) return [`${target} is gone`];
    return state === "active" ? [] : [`${target} takes no shards any more: it is ${state}`];
  });
}

/** What blocks its moves now, or did when it was planned. */
export function whyBlocked(
  { moves, warnings }: Pick<RebalancePlan, "moves" | "warnings">,
  inventory: ClusterInventory,
): readonly Warning[] {
  const planned = warnings.filter(({ severity }) => severity === "blocking");
  const now = moves
    .flatMap((move) => checkMove(inventory, move))
    .filter(({ severity }) => severity === "blocking");
  return [...new Map([...planned, ...now].map((warning) => [warning.message, warning])).values()];
}
