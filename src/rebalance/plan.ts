/** The planner: what a rebalance of this cluster would do, cost and bring. Pure. */
import { diskHasRoom } from "../servers/judge-disk.ts";
import type { GroupId } from "../topology/shard-map.ts";
import { checkLag } from "./check-lag.ts";
import { checkPair, checkShardGroup, checkWal } from "./check-move.ts";
import { type Choice, type ChosenMove, chooseMoves } from "./choose-moves.ts";
import { costOf, nodeCosts } from "./costs.ts";
import { estimateMove, estimateTotalSeconds } from "./estimate-move.ts";
import { imbalance } from "./imbalance.ts";
import { type Participants, participantsOf } from "./participants.ts";
import { pinnedPlaces } from "./pins.ts";
import type {
  ClusterInventory,
  NodeBalance,
  NodeInventory,
  PlannedBalance,
  PlannedMove,
  PlanOptions,
  Warning,
} from "./types.ts";

/** In a plan that names no limit: it is kept and carried out as one value. */
const MOST_MOVES = 1_000;

/** Throws NODE_NOT_FOUND for a name in the options that is no node. */
export function planBalance(inventory: ClusterInventory, options: PlanOptions): PlannedBalance {
  const { strategy, threshold, maxMoves = MOST_MOVES } = options;
  const participants = participantsOf(inventory, options);
  const { balanced, drained } = participants;
  const pins = pinnedPlaces(inventory.pins);
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
    warnings: distinct([
      ...participants.warnings,
      ...checkPins(inventory, participants),
      ...checkStuck(choice, nodeOf),
      ...choice.moves.flatMap((move) => checkChosen(move, inventory, nodeOf)),
      ...(moves.length > 0 ? checkLag(inventory) : []),
      ...checkOutcome(inventory, options, {
        imbalanceAfter,
        costsBefore,
        isLimited: moves.length >= maxMoves,
      }),
    ]),
    estimatedSeconds: estimateTotalSeconds(moves, inventory.rates),
    measured: inventory.rates.measuredMoves > 0,
  };
}

type NodeOf = ReadonlyMap<GroupId, NodeInventory>;

function describeMoves(
  chosen: readonly ChosenMove[],
  { rates }: ClusterInventory,
  nodeOf: NodeOf,
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

function checkPins({ pins, nodes }: ClusterInventory, { drained }: Participants): readonly Warning[] {
  const conflicts = pinnedPlaces(pins).conflicts.map(
    ({ shard, pins: conflicting }): Warning => ({
      severity: "blocking",
      code: "pin_impossible",
      message: `namespaces ${conflicting.map(({ namespace }) => JSON.stringify(namespace)).join(" and ")} are pinned to different nodes and share shard ${shard}: isolate one of them first`,
    }),
  );
  const lost = pins.flatMap(({ namespace, group }): Warning[] => {
    const node = nodes.find((one) => one.group === group);
    if (node !== undefined && drained.includes(node)) {
      return [
        {
          severity: "blocking",
          code: "pin_impossible",
          node: node.name,
          message: `namespace ${JSON.stringify(namespace)} is pinned to ${node.name}, which is to be emptied: unpin it or pin it elsewhere`,
        },
      ];
    }
    if (node?.state === "active") return [];
    const where =
      node === undefined ? `node group ${group}, which is gone` : `${node.name}, which takes no shards`;
    return [
      {
        severity: "warning",
        code: "pin_impossible",
        message: `namespace ${JSON.stringify(namespace)} is pinned to ${where}`,
      },
    ];
  });
  return [...conflicts, ...lost];
}

function checkStuck({ stuck }: Choice, nodeOf: NodeOf): readonly Warning[] {
  return stuck.map(({ shard, group }) => {
    const node = nodeOf.get(group)?.name ?? `node group ${group}`;
    return {
      severity: "blocking",
      code: "no_target",
      node,
      message: `shard ${shard} has to leave ${node}, and no other node may take it or has room`,
    };
  });
}

function checkChosen(
  { shardGroup, target }: ChosenMove,
  { rates }: ClusterInventory,
  nodeOf: NodeOf,
): readonly Warning[] {
  const from = nodeOf.get(shardGroup.group);
  const to = nodeOf.get(target);
  if (from === undefined || to === undefined) return [];
  return [
    ...checkPair(from, to),
    ...checkShardGroup(shardGroup),
    ...checkWal(estimateMove(shardGroup, from, rates), from),
    ...(to.disk === undefined
      ? [
          {
            severity: "notice" as const,
            code: "disk_unknown" as const,
            node: to.name,
            message: `PostgreSQL does not tell how much disk ${to.name} has left`,
          },
        ]
      : []),
  ];
}

function checkOutcome(
  { nodes, shardGroups }: ClusterInventory,
  { strategy, threshold }: PlanOptions,
  {
    imbalanceAfter,
    costsBefore,
    isLimited,
  }: {
    readonly imbalanceAfter: number;
    readonly costsBefore: readonly number[];
    readonly isLimited: boolean;
  },
): readonly Warning[] {
  if (strategy === "by_load" && shardGroups.length > 0 && costsBefore.every((cost) => cost === 0)) {
    return [
      {
        severity: "warning",
        code: "no_load_reported",
        message: "no coordinator has reported load yet: there is nothing to balance by",
      },
    ];
  }
  if (imbalanceAfter <= threshold || nodes.length === 0) return [];
  const why = isLimited
    ? "the plan has as many moves as it may: plan again after it"
    : "no single move improves it further: shard groups are too large, pinned, or nodes are full";
  return [
    {
      severity: "notice",
      code: "not_reached",
      message: `an imbalance of ${imbalanceAfter.toFixed(3)} is left, above the threshold of ${threshold}; ${why}`,
    },
  ];
}

function distinct(warnings: readonly Warning[]): readonly Warning[] {
  const byText = new Map(warnings.map((warning) => [`${warning.node} ${warning.message}`, warning]));
  const order = ["blocking", "warning", "notice"];
  return [...byText.values()].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}
