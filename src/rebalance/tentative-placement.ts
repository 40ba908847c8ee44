/** Where shard groups would be after some moves, and what nodes would carry then. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import type { ShardGroup } from "./cluster-inventory.ts";

/** What choosing moves has to solve. */
export interface PlacementProblem {
  readonly shardGroups: readonly ShardGroup[];
  /** Node groups that give and take shard groups. */
  readonly balanced: readonly GroupId[];
  /** Node groups to empty. */
  readonly drained: readonly GroupId[];
  readonly threshold: number;
  readonly maxMoves: number;
  costOf(group: ShardGroup): number;
  /** The only node group that may hold it; undefined: any. */
  pinOf(group: ShardGroup): GroupId | undefined;
  /** Whether `target` has room for `bytes` more than it has now. */
  hasRoom(target: GroupId, bytes: number): boolean;
}

/** Where every shard group is, and what each node carries, after some moves. */
export interface TentativePlacement {
  costAt(group: GroupId): number;
  groupOf(shardGroup: ShardGroup): GroupId;
  /** The lightest first; among equals the one with fewer bytes, then by id. */
  shardGroupsOn(group: GroupId): readonly ShardGroup[];
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

/** Reads the present placement once. The function it returns gives the placement after some moves. */
export function startPlacement(problem: PlacementProblem): (steps: readonly Step[]) => TentativePlacement {
  const { shardGroups, costOf } = problem;
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
    const placement = createPlacement(problem, {
      held: new Map([...held].map(([group, of]) => [group, [...of]])),
      costs: new Map(costs),
      sizes: new Map(sizes),
    });
    for (const { shardGroup, target } of steps) placement.put(shardGroup, target);
    return placement;
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

function createPlacement(
  { balanced, costOf, pinOf, hasRoom }: PlacementProblem,
  { held, costs, sizes }: State,
): TentativePlacement {
  const byWeight = compareWeights(costOf);
  const moved = new Map<ShardGroup, GroupId>();
  const arrived = new Map<GroupId, number>();
  let inOrder: readonly GroupId[] | undefined;
  const costAt = (group: GroupId) => costs.get(group) ?? 0;
  const groupOf = (shardGroup: ShardGroup) => moved.get(shardGroup) ?? shardGroup.group;
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
  // By bytes among equals: by load, all nodes are equal while nobody searches.
  const emptiestFirst = () => {
    inOrder ??= [...balanced].sort(
      (a, b) => costAt(a) - costAt(b) || (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0) || a - b,
    );
    return inOrder;
  };
  return {
    costAt,
    groupOf,
    shardGroupsOn: holding,
    emptiestFirst,
    targetFor(shardGroup) {
      const group = groupOf(shardGroup);
      return emptiestFirst().find((target) => target !== group && mayTake(target, shardGroup));
    },
    put(shardGroup, target) {
      const source = groupOf(shardGroup);
      const [from, to] = [holding(source), holding(target)];
      from.splice(indexOf(from, shardGroup), 1);
      to.splice(indexOf(to, shardGroup), 0, shardGroup);
      const cost = costOf(shardGroup);
      add(costs, source, -cost);
      add(sizes, source, -shardGroup.bytes);
      moved.set(shardGroup, target);
      add(costs, target, cost);
      add(sizes, target, shardGroup.bytes);
      // What leaves a node stays on its disk for a while.
      if (target !== shardGroup.group) add(arrived, target, shardGroup.bytes);
      inOrder = undefined;
    },
  };
}

function compareWeights(costOf: PlacementProblem["costOf"]) {
  return (a: ShardGroup, b: ShardGroup) => costOf(a) - costOf(b) || a.bytes - b.bytes || a.shard - b.shard;
}

function add(amounts: Map<GroupId, number>, group: GroupId, amount: number): void {
  amounts.set(group, (amounts.get(group) ?? 0) + amount);
}
