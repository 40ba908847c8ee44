/** The planner: what a rebalance of this cluster would do, cost and bring. Pure. */
import { diskHasRoom } from "../servers/judge-disk.ts";
import type { GroupId } from "../topology/shard-map.ts";
import { type Choice, type ChosenMove, chooseMoves } from "./choose-moves.ts";
import type { ClusterInventory, NodeInventory } from "./cluster-inventory.ts";
import { costOf, nodeCosts } from "./costs.ts";
import { estimateMove, estimateTotalSeconds } from "./estimate-move.ts";
import { imbalance } from "./imbalance.ts";
import { participantsOf } from "./participants.ts";
import { pinnedPlacement } from "./pins.ts";
import { planWarnings } from "./plan-warnings.ts";
import type { NodeBalance, PlannedBalance, PlannedMove, PlanOptions } from "./rebalance-plan.ts";

/** Limit of a plan that sets none: a plan is stored and carried out as one value. */
const MOST_MOVES = 1_000;

/** Throws NODE_NOT_FOUND for a name in the options that is no node. */
export function planBalance(inventory: ClusterInventory, options: PlanOptions): PlannedBalance {
  const { strategy, threshold, maxMoves = MOST_MOVES } = options;
  const participants = participantsOf(inventory, options);
  const { balanced, drained } = participants;
  const pins = pinnedPlacement(inventory.pins);
  const nodeOf = new Map(inventory.nodes.map((node) => [node.group, node]));
  const choice = chooseMoves({
    shardGroups: inventory.shardGroups,
    balanced: balanced.map(({ group }) => group),
    drained: drained.map(({ group }) => group),
    threshold,
    maxMoves,
    costOf: (group) => costOf(group, strategy),
    pinOf: ({ shard }) => pins.groupOf(shard),
    hasRoom: (target, bytes) => diskHasRoom(nodeOf.get(target)?.disk, bytes),
  });
  const moves = describeMoves(choice.moves, inventory, nodeOf);
  const costsBefore = nodeCosts(balanced, inventory.shardGroups, strategy);
  const imbalanceBefore = imbalance(costsBefore);
  const imbalanceAfter = moves.at(-1)?.imbalanceAfter ?? imbalanceBefore;
  return {
    imbalanceBefore,
    imbalanceAfter,
    moves,
    nodes: [...balanced, ...drained].map((node) => balanceOf(node, inventory, choice, options)),
    warnings: planWarnings({
      inventory,
      options: { strategy, threshold, maxMoves },
      participants,
      choice,
      costsBefore,
      imbalanceAfter,
    }),
    estimatedSeconds: estimateTotalSeconds(moves, inventory.rates),
    measured: inventory.rates.measuredMoves > 0,
  };
}

function describeMoves(
  chosen: readonly ChosenMove[],
  { rates }: ClusterInventory,
  nodeOf: ReadonlyMap<GroupId, NodeInventory>,
): readonly PlannedMove[] {
  const taken = new Map<GroupId, number>();
  return chosen.map(({ shardGroup, target, reason, imbalanceAfter }) => {
    const source = nodeOf.get(shardGroup.group);
    const targetNode = nodeOf.get(target);
    const takenBefore = taken.get(target) ?? 0;
    taken.set(target, takenBefore + shardGroup.bytes);
    const free = targetNode?.disk?.freeBytes;
    return {
      shard: shardGroup.shard,
      collection: shardGroup.collection,
      source: source?.name ?? "",
      target: targetNode?.name ?? "",
      reason,
      ...estimateMove(shardGroup, source, rates),
      targetFreeBytesBefore: free === undefined ? undefined : free - takenBefore,
      targetFreeBytesAfter: free === undefined ? undefined : free - takenBefore - shardGroup.bytes,
      imbalanceAfter,
    };
  });
}

function balanceOf(
  node: NodeInventory,
  { shardGroups }: ClusterInventory,
  { moves, costs }: Choice,
  { strategy }: PlanOptions,
): NodeBalance {
  const shardGroupsBefore = shardGroups.filter(({ group }) => group === node.group).length;
  const arriving = moves.filter(({ target }) => target === node.group).length;
  const leaving = moves.filter(({ shardGroup }) => shardGroup.group === node.group).length;
  return {
    node: node.name,
    costBefore: nodeCosts([node], shardGroups, strategy)[0] ?? 0,
    costAfter: costs.get(node.group) ?? 0,
    shardGroupsBefore,
    shardGroupsAfter: shardGroupsBefore + arriving - leaving,
  };
}
