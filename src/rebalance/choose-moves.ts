/**
 * Which shard groups go where. Pure and deterministic.
 *
 * Pins first, then nodes to empty, then balance: from the fullest node, the move that evens out most, until
 * the imbalance is at most the threshold. When no move from the fullest node improves anything, the next
 * fullest has its turn. A move improves the balance when its target ends up below what its source had. So the
 * sum of squares falls with each move, no move is ever undone, and the fullest node never gets fuller. A
 * shard group that a later step would move again goes to its final node in one move.
 */
import type { GroupId } from "../topology/shard-map.ts";
import type { ShardGroup } from "./cluster-inventory.ts";
import { imbalance } from "./imbalance.ts";
import { moveCandidates } from "./move-candidates.ts";
import type { MoveReason } from "./rebalance-plan.ts";
import { type PlacementProblem, startPlacement, type TentativePlacement } from "./tentative-placement.ts";

export interface ChosenMove {
  readonly shardGroup: ShardGroup;
  readonly target: GroupId;
  readonly reason: MoveReason;
  /** Over the balanced nodes, after this move. */
  readonly imbalanceAfter: number;
}

export interface Choice {
  readonly moves: readonly ChosenMove[];
  /** What each node group carries in the end. */
  readonly costs: ReadonlyMap<GroupId, number>;
  /** Shard groups that must leave their node and have nowhere to go. */
  readonly stuck: readonly ShardGroup[];
}

type Step = Omit<ChosenMove, "imbalanceAfter">;

export function chooseMoves(problem: PlacementProblem): Choice {
  const placementAfter = startPlacement(problem);
  const { moves: due, stuck } = requiredMoves(problem, placementAfter([]));
  let steps = due;
  let placement = placementAfter(steps);
  while (steps.length <= problem.maxMoves) {
    const better = improve({ ...problem, placementAfter }, steps, placement);
    if (better === undefined) break;
    steps = better.steps;
    // A redirected move changes those before it too.
    if (better.added === undefined) placement = placementAfter(steps);
    else placement.put(better.added.shardGroup, better.added.target);
  }
  return { ...carryOut(problem, steps.slice(0, problem.maxMoves), placementAfter([])), stuck };
}

/** Moves for pins and for nodes to empty. */
function requiredMoves(
  { shardGroups, balanced, drained, costOf, pinOf }: PlacementProblem,
  placement: TentativePlacement,
): { readonly moves: readonly Step[]; readonly stuck: readonly ShardGroup[] } {
  const moves: Step[] = [];
  const stuck = new Set<ShardGroup>();
  const move = (shardGroup: ShardGroup, target: GroupId | undefined, reason: MoveReason) => {
    if (target === undefined) {
      stuck.add(shardGroup);
      return;
    }
    moves.push({ shardGroup, target, reason });
    placement.put(shardGroup, target);
  };
  const leaving = ({ group }: ShardGroup) => drained.includes(group);
  const heaviestFirst = [...shardGroups].sort((a, b) => costOf(b) - costOf(a) || a.shard - b.shard);
  for (const shardGroup of heaviestFirst) {
    const pin = pinOf(shardGroup);
    const known = leaving(shardGroup) || balanced.includes(shardGroup.group);
    if (pin === undefined || pin === shardGroup.group || !known || !balanced.includes(pin)) continue;
    move(shardGroup, placement.targetFor(shardGroup), "pin");
  }
  for (const shardGroup of heaviestFirst) {
    if (!leaving(shardGroup) || placement.groupOf(shardGroup) !== shardGroup.group || stuck.has(shardGroup))
      continue;
    move(shardGroup, placement.targetFor(shardGroup), "drain");
  }
  return { moves, stuck: [...stuck] };
}

interface ImprovableProblem extends PlacementProblem {
  readonly placementAfter: (steps: readonly Step[]) => TentativePlacement;
}

interface Improvement {
  readonly steps: readonly Step[];
  /** undefined: an earlier move was redirected instead. */
  readonly added?: Step;
}

/** One more move for balance, or a better target for an earlier one; undefined when nothing improves. */
function improve(
  problem: ImprovableProblem,
  steps: readonly Step[],
  placement: TentativePlacement,
): Improvement | undefined {
  const { balanced, threshold } = problem;
  const { costAt } = placement;
  if (imbalance(balanced.map(costAt)) <= threshold) return undefined;
  // A node that no move improves is set aside, and the others are evened out among themselves.
  let rest = balanced;
  while (rest.length > 1 && imbalance(rest.map(costAt)) > threshold) {
    const source = rest.reduce((fullest, group) => (costAt(group) > costAt(fullest) ? group : fullest));
    const better = moveAwayFrom(problem, { steps, placement, source });
    if (better !== undefined) return better;
    rest = rest.filter((group) => group !== source);
  }
  return undefined;
}

/** The best move of a shard group that `source` would hold. */
function moveAwayFrom(
  problem: ImprovableProblem,
  {
    steps,
    placement,
    source,
  }: { readonly steps: readonly Step[]; readonly placement: TentativePlacement; readonly source: GroupId },
): Improvement | undefined {
  const { maxMoves, costOf } = problem;
  for (const { shardGroup, target } of moveCandidates(placement, source, costOf)) {
    if (source === shardGroup.group) {
      if (steps.length === maxMoves) continue;
      const added: Step = { shardGroup, target, reason: "balance" };
      return { steps: [...steps, added], added };
    }
    const next = ordered(problem, redirected(steps, shardGroup, target));
    if (next !== undefined) return { steps: next };
  }
  return undefined;
}

function redirected(steps: readonly Step[], shardGroup: ShardGroup, target: GroupId): readonly Step[] {
  if (target === shardGroup.group) return steps.filter((step) => step.shardGroup !== shardGroup);
  return steps.map((step) => (step.shardGroup === shardGroup ? { ...step, target } : step));
}

/** The same moves in an order in which each move for balance improves it; undefined when none is found. */
function ordered(problem: ImprovableProblem, steps: readonly Step[]): readonly Step[] | undefined {
  const placement = problem.placementAfter([]);
  const inOrder: Step[] = [];
  const take = (step: Step) => {
    placement.put(step.shardGroup, step.target);
    inOrder.push(step);
  };
  const waiting: Step[] = [];
  for (const step of steps) {
    if (step.reason === "balance") waiting.push(step);
    else take(step);
  }
  while (waiting.length > 0) {
    const next = waiting.findIndex(
      ({ shardGroup, target }) =>
        placement.costAt(target) + problem.costOf(shardGroup) < placement.costAt(shardGroup.group),
    );
    const [step] = next < 0 ? [] : waiting.splice(next, 1);
    if (step === undefined) return undefined;
    take(step);
  }
  return inOrder;
}

function carryOut(
  { balanced, drained }: PlacementProblem,
  steps: readonly Step[],
  placement: TentativePlacement,
): Omit<Choice, "stuck"> {
  const moves = steps.map((step) => {
    placement.put(step.shardGroup, step.target);
    return { ...step, imbalanceAfter: imbalance(balanced.map(placement.costAt)) };
  });
  return {
    moves,
    costs: new Map([...balanced, ...drained].map((group) => [group, placement.costAt(group)])),
  };
}
