/**
 * Which shard groups go where. Pure and deterministic.
 *
 * Pins first, then nodes to empty, then balance: from the fullest node, the move that evens out most, until the imbalance is
 * at most the threshold. When the fullest node has no move that improves anything, the next fullest is relieved. A move
 * improves when its target stays below what its source had; so the sum of squares falls with each, none is ever taken back,
 * and the fullest node never gets fuller.
 * A shard group that should move on from where it was just put is put there in the first place.
 */
import type { GroupId } from "../topology/shard-map.ts";
import { imbalance } from "./imbalance.ts";
import type { MoveReason, ShardGroup } from "./types.ts";

export interface Placing {
  readonly shardGroups: readonly ShardGroup[];
  /** Node groups that give and take. */
  readonly balanced: readonly GroupId[];
  /** Node groups that give all they have. */
  readonly drained: readonly GroupId[];
  readonly threshold: number;
  readonly maxMoves: number;
  costOf(group: ShardGroup): number;
  /** The only node group that may hold it; undefined: any. */
  pinOf(group: ShardGroup): GroupId | undefined;
  /** False: `target` has no room for `bytes` more than it has now. */
  hasRoom(target: GroupId, bytes: number): boolean;
}

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

/** Of what the source carries. Less is how sums of loads come out in another order, and would go back and forth for ever. */
const LEAST_RELIEF = 1e-9;

export function chooseMoves(placing: Placing): Choice {
  const { moves: due, stuck } = movesThatMustBe(placing);
  let steps = due;
  let places = placesAfter(placing, steps);
  while (steps.length <= placing.maxMoves) {
    const better = improve(placing, steps, places);
    if (better === undefined) break;
    steps = better.steps;
    // Only a move that was added leaves the others as they are.
    if (better.added === undefined) places = placesAfter(placing, steps);
    else places.put(better.added.shardGroup, better.added.target);
  }
  return { ...carryOut(placing, steps.slice(0, placing.maxMoves)), stuck };
}

/** For pins and for nodes to empty. */
function movesThatMustBe(placing: Placing): {
  readonly moves: readonly Step[];
  readonly stuck: readonly ShardGroup[];
} {
  const { shardGroups, balanced, drained, costOf, pinOf } = placing;
  const places = placesAfter(placing, []);
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

interface Improvement {
  readonly steps: readonly Step[];
  /** undefined: an earlier move goes elsewhere. */
  readonly added?: Step;
}

/** One more move for balance, or an earlier one with a better target; undefined when there is nothing to improve. */
function improve(placing: Placing, steps: readonly Step[], places: Places): Improvement | undefined {
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
  placing: Placing,
  {
    steps,
    places,
    source,
  }: { readonly steps: readonly Step[]; readonly places: Places; readonly source: GroupId },
): Improvement | undefined {
  const { maxMoves, costOf } = placing;
  const { costAt } = places;
  const candidates = places.heldBy(source).flatMap((shardGroup) => {
    const cost = costOf(shardGroup);
    // The emptiest that may take it is the best target for it.
    const target = places.targetFor(shardGroup);
    if (target === undefined) return [];
    const relief = costAt(source) - costAt(target) - cost;
    if (cost === 0 || relief <= costAt(source) * LEAST_RELIEF) return [];
    return [{ shardGroup, target, gain: cost * relief }];
  });
  candidates.sort(
    (a, b) =>
      b.gain - a.gain || a.shardGroup.bytes - b.shardGroup.bytes || a.shardGroup.shard - b.shardGroup.shard,
  );
  for (const { shardGroup, target } of candidates) {
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

/** The same moves in an order in which each for balance improves; undefined when there is none to be found. */
function ordered(placing: Placing, steps: readonly Step[]): readonly Step[] | undefined {
  const places = placesAfter(placing, []);
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

/** Where everything is, and what nodes carry, after some moves. */
interface Places {
  costAt(group: GroupId): number;
  placeOf(shardGroup: ShardGroup): GroupId;
  heldBy(group: GroupId): readonly ShardGroup[];
  /** The emptiest balanced node group that it may move to. */
  targetFor(shardGroup: ShardGroup): GroupId | undefined;
  put(shardGroup: ShardGroup, target: GroupId): void;
}

function placesAfter(placing: Placing, steps: readonly Step[]): Places {
  const { shardGroups, balanced, costOf, pinOf, hasRoom } = placing;
  const places = new Map<ShardGroup, GroupId>();
  const held = new Map<GroupId, Set<ShardGroup>>();
  const costs = new Map<GroupId, number>();
  const sizes = new Map<GroupId, number>();
  const arrived = new Map<GroupId, number>();
  const add = (amounts: Map<GroupId, number>, group: GroupId, amount: number) =>
    amounts.set(group, (amounts.get(group) ?? 0) + amount);
  const settle = (shardGroup: ShardGroup, group: GroupId) => {
    places.set(shardGroup, group);
    held.set(group, (held.get(group) ?? new Set()).add(shardGroup));
    add(costs, group, costOf(shardGroup));
    add(sizes, group, shardGroup.bytes);
  };
  for (const shardGroup of shardGroups) settle(shardGroup, shardGroup.group);
  const placeOf = (shardGroup: ShardGroup) => places.get(shardGroup) ?? shardGroup.group;
  const costAt = (group: GroupId) => costs.get(group) ?? 0;
  const mayTake = (target: GroupId, shardGroup: ShardGroup) =>
    (pinOf(shardGroup) ?? target) === target &&
    (target === shardGroup.group || hasRoom(target, (arrived.get(target) ?? 0) + shardGroup.bytes));
  let emptiestFirst: readonly GroupId[] | undefined;
  const put = (shardGroup: ShardGroup, target: GroupId) => {
    const place = placeOf(shardGroup);
    held.get(place)?.delete(shardGroup);
    add(costs, place, -costOf(shardGroup));
    add(sizes, place, -shardGroup.bytes);
    settle(shardGroup, target);
    // What leaves a node is dropped from its disk a while later only.
    if (target !== shardGroup.group) add(arrived, target, shardGroup.bytes);
    emptiestFirst = undefined;
  };
  for (const { shardGroup, target } of steps) put(shardGroup, target);
  return {
    costAt,
    placeOf,
    put,
    heldBy: (group) => [...(held.get(group) ?? [])],
    targetFor(shardGroup) {
      // By bytes where they weigh the same, as all do by load while nobody searches.
      emptiestFirst ??= [...balanced].sort(
        (a, b) => costAt(a) - costAt(b) || (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0) || a - b,
      );
      const place = placeOf(shardGroup);
      return emptiestFirst.find((target) => target !== place && mayTake(target, shardGroup));
    },
  };
}

function carryOut(placing: Placing, steps: readonly Step[]): Omit<Choice, "stuck"> {
  const { balanced, drained } = placing;
  const places = placesAfter(placing, []);
  const moves = steps.map((step) => {
    places.put(step.shardGroup, step.target);
    return { ...step, imbalanceAfter: imbalance(balanced.map(places.costAt)) };
  });
  return { moves, costs: new Map([...balanced, ...drained].map((group) => [group, places.costAt(group)])) };
}
