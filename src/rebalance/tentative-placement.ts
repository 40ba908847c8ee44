/** Where shard groups are after some moves, and what nodes carry then. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import type { ShardGroup } from "./types.ts";

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

/** Where everything is, and what nodes carry, after some moves. */
export interface Places {
  costAt(group: GroupId): number;
  placeOf(shardGroup: ShardGroup): GroupId;
  /** The lightest first; of equal ones that with fewer bytes, then by id. */
  throttledBy(group: GroupId): readonly ShardGroup[];
  /** The balanced node groups, the emptiest first. */
  emptiestFirst(): readonly GroupId[];
  /** The emptiest balanced node group that it may move to. */
  targetFor(shardGroup: ShardGroup): GroupId | undefined;
  put(shardGroup: ShardGroup, target: GroupId): void;
}

export interface Step {
  readonly shardGroup: ShardGroup;
  readonly target: GroupId;
}

/** Where everything is at first. What it returns tells, as often as asked, where it is after some moves. */
export function startPlaces(placing: Placing): (steps: readonly Step[]) => Places {
  const { shardGroups, costOf } = placing;
  const held = new Map<GroupId, ShardGroup[]>();
  const costs = new Map<GroupId, number>();
  const sizes = new Map<GroupId, number>();
  for (const shardGroup of shardGroups) {
    const { group, bytes } = shardGroup;
    const others = held.get(group);
    if (others === undefined) held.set(group, [shardGroup]);
    else others.push(shardGroup);
    add(costs, group, costOf(shardGroup));
    add(sizes, group, bytes);
  }
  const byWeight = compareWeights(costOf);
  for (const of of held.values()) of.sort(byWeight);
  return (steps) => {
    const places = createPlaces(placing, {
      held: new Map([...held].map(([group, of]) => [group, [...of]])),
      costs: new Map(costs),
      sizes: new Map(sizes),
    });
    for (const { shardGroup, target } of steps) places.put(shardGroup, target);
    return places;
  };
}

/** Index of the first of ascending values that `isBefore` is false for. */
export function firstNot<T>(values: readonly T[], isBefore: (value: T) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(values[middle] as T)) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface State {
  readonly held: Map<GroupId, ShardGroup[]>;
  readonly costs: Map<GroupId, number>;
  readonly sizes: Map<GroupId, number>;
}

function createPlaces({ balanced, costOf, pinOf, hasRoom }: Placing, { held, costs, sizes }: State): Places {
  const byWeight = compareWeights(costOf);
  const moved = new Map<ShardGroup, GroupId>();
  const arrived = new Map<GroupId, number>();
  let inOrder: readonly GroupId[] | undefined;
  const costAt = (group: GroupId) => costs.get(group) ?? 0;
  const placeOf = (shardGroup: ShardGroup) => moved.get(shardGroup) ?? shardGroup.group;
  const holding = (group: GroupId) => {
    const of = held.get(group) ?? [];
    held.set(group, of);
    return of;
  };
  const indexOf = (of: readonly ShardGroup[], shardGroup: ShardGroup) =>
    firstNot(of, (other) => byWeight(other, shardGroup) < 0);
  const mayTake = (target: GroupId, shardGroup: ShardGroup) =>
    (pinOf(shardGroup) ?? target) === target &&
    (target === shardGroup.group || hasRoom(target, (arrived.get(target) ?? 0) + shardGroup.bytes));
  // By bytes where they weigh the same, as all do by load while nobody searches.
  const emptiestFirst = () => {
    inOrder ??= [...balanced].sort(
      (a, b) => costAt(a) - costAt(b) || (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0) || a - b,
    );
    return inOrder;
  };
  return {
    costAt,
    placeOf,
    throttledBy: holding,
    emptiestFirst,
    targetFor(shardGroup) {
      const place = placeOf(shardGroup);
      return emptiestFirst().find((target) => target !== place && mayTake(target, shardGroup));
    },
    put(shardGroup, target) {
      const place = placeOf(shardGroup);
      const [from, to] = [holding(place), holding(target)];
      from.splice(indexOf(from, shardGroup), 1);
      to.splice(indexOf(to, shardGroup), 0, shardGroup);
      const cost = costOf(shardGroup);
      add(costs, place, -cost);
      add(sizes, place, -shardGroup.bytes);
      moved.set(shardGroup, target);
      add(costs, target, cost);
      add(sizes, target, shardGroup.bytes);
      // What leaves a node is dropped from its disk a while later only.
      if (target !== shardGroup.group) add(arrived, target, shardGroup.bytes);
      inOrder = undefined;
    },
  };
}

function compareWeights(costOf: Placing["costOf"]) {
  return (a: ShardGroup, b: ShardGroup) => costOf(a) - costOf(b) || a.bytes - b.bytes || a.shard - b.shard;
}

function add(amounts: Map<GroupId, number>, group: GroupId, amount: number): void {
  amounts.set(group, (amounts.get(group) ?? 0) + amount);
}
