/** What an operator has to know before a plan is carried out. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import { checkLag } from "./check-lag.ts";
import { checkPair, checkShardGroup, checkWal } from "./check-move.ts";
import type { Choice, ChosenMove } from "./choose-moves.ts";
import type { ClusterInventory, NodeInventory } from "./cluster-inventory.ts";
import { estimateMove } from "./estimate-move.ts";
import type { Participants } from "./participants.ts";
import { pinnedPlacement } from "./pins.ts";
import type { PlanOptions, Warning } from "./rebalance-plan.ts";

export interface PlanFacts {
  readonly inventory: ClusterInventory;
  readonly options: Required<Pick<PlanOptions, "strategy" | "threshold" | "maxMoves">>;
  readonly participants: Participants;
  readonly choice: Choice;
  /** Of the balanced nodes. */
  readonly costsBefore: readonly number[];
  readonly imbalanceAfter: number;
}

/** Each once, those that block the plan first. */
export function planWarnings(facts: PlanFacts): readonly Warning[] {
  const { inventory, participants, choice } = facts;
  const nodeOf = new Map(inventory.nodes.map((node) => [node.group, node]));
  return distinct([
    ...participants.warnings,
    ...checkPins(inventory, participants),
    ...checkStuck(choice, nodeOf),
    ...choice.moves.flatMap((move) => checkChosen(move, inventory, nodeOf)),
    ...(choice.moves.length > 0 ? checkLag(inventory) : []),
    ...checkOutcome(facts),
  ]);
}

type NodeOf = ReadonlyMap<GroupId, NodeInventory>;

function checkPins({ pins, nodes }: ClusterInventory, { drained }: Participants): readonly Warning[] {
  const conflicts = pinnedPlacement(pins).conflicts.map(
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

function checkOutcome({
  inventory: { nodes, shardGroups },
  options: { strategy, threshold, maxMoves },
  choice,
  costsBefore,
  imbalanceAfter,
}: PlanFacts): readonly Warning[] {
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
  const why =
    choice.moves.length >= maxMoves
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
