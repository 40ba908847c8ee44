/**
 * Which shard groups go where. Pure and deterministic.
 *
 * Pins first, then nodes to empty, then balance: from the fullest node, the move that evens out most, until
 * the imbalance is at most the threshold. When the fullest node has no move that improves anything, the next
 * fullest is relieved. A move improves when its target stays below what its source had; so the sum of squares
 * falls with each, none is ever taken back, and the fullest node never gets fuller. A shard group that should
 * move on from where it was just put is put there in the first place.
 */
import type { GroupId } from "../topology/shard-map.ts";
import { imbalance } from "./imbalance.ts";
import { reliefsOf } from "./move-candidates.ts";
import { type Places, type Placing, startPlaces } from "./tentative-placement.ts";
import type { MoveReason, ShardGroup } from "./types.ts";

export interface ChosenMove {
  readonly shardGroup: ShardGroup;
  readonly target: GroupId;
  readonly reason: MoveReason;
  /** Over the balanced nodes, once it is made. */
  readonly imbalanceAfter: number;
}

export interface Choice {
  readonly moves: readonly ChosenMove[];
  /** What each node group carries in the end. */
  readonly costs: ReadonlyMap<GroupId, number>;
  /** Shard groups that have to leave and have nowhere to go. */
  readonly stuck: readonly ShardGroup[];
}

type Step = Omit<ChosenMove, "imbalanceAfter">;

export function chooseMoves(placing: Placing): Choice {
  const placesAfter = startPlaces(placing);
  const { moves: due, stuck } = movesThatMustBe(placing, placesAfter([]));
  let steps = due;
  let places = placesAfter(steps);
  while (steps.length <= placing.maxMoves) {
    const better = improve({ ...placing, placesAfter }, steps, places);
    if (better === undefined) break;
    steps = better.steps;
    // Only a move that was added leaves the others as they are.
    if (better.added === undefined) places = placesAfter(steps);
    else places.put(better.added.shardGroup, better.added.target);
  }
  return { ...carryOut(placing, steps.slice(0, placing.maxMoves), placesAfter([])), stuck };
}

/** For pins and for nodes to empty. */
function movesThatMustBe(
  { shardGroups, balanced, drained, costOf, pinOf }: Placing,
  places: Places,
): { readonly moves: readonly Step[]; readonly stuck: readonly ShardGroup[] } {
  const moves: Step[] = [];
  const stuck = new Set<ShardGroup>();
  const move = (shardGroup: ShardGroup, target: GroupId | undefined, reason: MoveReason) => {
    if (target === undefined) {
      stuck.add(shardGroup);
      return;
    }
    moves.push({ shardGroup, target, reason });
    places.put(shardGroup, target);
  };
  const leaving = ({ group }: ShardGroup) => drained.includes(group);
  const heaviestFirst = [...shardGroups].sort((a, b) => costOf(b) - costOf(a) || a.shard - b.shard);
  for (const shardGroup of heaviestFirst) {
    const pin = pinOf(shardGroup);
    const known = leaving(shardGroup) || balanced.includes(shardGroup.group);
    if (pin === undefined || pin === shardGroup.group || !known || !balanced.includes(pin)) continue;
    move(shardGroup, places.targetFor(shardGroup), "pin");
  }
  for (const shardGroup of heaviestFirst) {
    if (!leaving(shardGroup) || places.placeOf(shardGroup) !== shardGroup.group || stuck.has(shardGroup))
      continue;
    move(shardGroup, places.targetFor(shardGroup), "drain");
  }
  return { moves, stuck: [...stuck] };
}

interface Improving extends Placing {
  readonly placesAfter: (steps: readonly Step[]) => Places;
}

interface Improvement {
  readonly steps: readonly Step[];
  /** undefined: an earlier move goes elsewhere. */
  readonly added?: Step;
}

/**
 * One more move for balance, or an earlier one with a better target; undefined when there is nothing to
 * improve.
 */
function improve(placing: Improving, steps: readonly Step[], places: Places): Improvement | undefined {
  const { balanced, threshold } = placing;
  const { costAt } = places;
  if (imbalance(balanced.map(costAt)) <= threshold) return undefined;
  // A node that nothing can relieve is set aside, and the others are evened out among themselves.
  let rest = balanced;
  while (rest.length > 1 && imbalance(rest.map(costAt)) > threshold) {
    const source = rest.reduce((fullest, group) => (costAt(group) > costAt(fullest) ? group : fullest));
    const better = relieve(placing, { steps, places, source });
    if (better !== undefined) return better;
    rest = rest.filter((group) => group !== source);
  }
  return undefined;
}

/** Something away from `source`. */
function relieve(
  placing: Improving,
  {
    steps,
    places,
    source,
  }: { readonly steps: readonly Step[]; readonly places: Places; readonly source: GroupId },
): Improvement | undefined {
  const { maxMoves, costOf } = placing;
  for (const { shardGroup, target } of reliefsOf(places, source, costOf)) {
    if (source === shardGroup.group) {
      if (steps.length === maxMoves) continue;
      const added: Step = { shardGroup, target, reason: "balance" };
      return { steps: [...steps, added], added };
    }
    const next = ordered(placing, redirected(steps, shardGroup, target));
    if (next !== undefined) return { steps: next };
  }
  return undefined;
}

function redirected(steps: readonly Step[], shardGroup: ShardGroup, target: GroupId): readonly Step[] {
  if (target === shardGroup.group) return steps.filter((step) => step.shardGroup !== shardGroup);
  return steps.map((step) => (step.shardGroup === shardGroup ? { ...step, target } : step));
}

/**
 * The same moves in an order in which each for balance improves; undefined when there is none to be found.
 */
function ordered(placing: Improving, steps: readonly Step[]): readonly Step[] | undefined {
  const places = placing.placesAfter([]);
  const inOrder: Step[] = [];
  const take = (step: Step) => {
    places.put(step.shardGroup, step.target);
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
        places.costAt(target) + placing.costOf(shardGroup) < places.costAt(shardGroup.group),
    );
    const [step] = next < 0 ? [] : waiting.splice(next, 1);
    if (step === undefined) return undefined;
    take(step);
  }
  return inOrder;
}

function carryOut(
  { balanced, drained }: Placing,
  steps: readonly Step[],
  places: Places,
): Omit<Choice, "stuck"> {
  const moves = steps.map((step) => {
    places.put(step.shardGroup, step.target);
    return { ...step, imbalanceAfter: imbalance(balanced.map(places.costAt)) };
  });
  return { moves, costs: new Map([...balanced, ...drained].map((group) => [group, places.costAt(group)])) };
}
