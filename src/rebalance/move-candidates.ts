/** Moves that could take something off a node, the best first, generated on demand. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import type { ShardGroup } from "./cluster-inventory.ts";
import { firstNot, type PlacementProblem, type TentativePlacement } from "./tentative-placement.ts";

export interface MoveCandidate {
  readonly shardGroup: ShardGroup;
  readonly target: GroupId;
  /** Half of what the sum of squares of the costs falls by. */
  readonly gain: number;
}

/**
 * As a share of what the source carries. Anything smaller is a rounding difference between sums of loads
 * added up in different orders, and moves would go back and forth forever.
 */
const LEAST_IMPROVEMENT = 1e-9;

/**
 * Moves away from `source` that even out the costs, each to the emptiest node group that may take the shard
 * group. Those that even out most come first; among equals, those with fewer bytes.
 *
 * No move gains more than it would to the emptiest node group of all, and there the shard groups that weigh
 * about half of the difference gain most. So the search starts with those, and goes on only while a better
 * candidate may still follow.
 */
export function* moveCandidates(
  placement: TentativePlacement,
  source: GroupId,
  costOf: PlacementProblem["costOf"],
): Generator<MoveCandidate, void, undefined> {
  const { costAt } = placement;
  const emptiest = placement.emptiestFirst().find((group) => group !== source);
  if (emptiest === undefined) return;
  const least = costAt(source) * LEAST_IMPROVEMENT;
  const gainAt = (target: GroupId, shardGroup: ShardGroup) => {
    const cost = costOf(shardGroup);
    const improvement = costAt(source) - costAt(target) - cost;
    return cost === 0 || improvement <= least ? undefined : cost * improvement;
  };
  const waiting: MoveCandidate[] = [];
  const bounds = fromTheMiddle(placement.shardGroupsOn(source), {
    middle: (costAt(source) - costAt(emptiest)) / 2,
    costOf,
    gainOf: (shardGroup) => gainAt(emptiest, shardGroup),
  });
  for (const bound of bounds) {
    const { shardGroup } = bound;
    while (waiting[0] !== undefined && compare(waiting[0], bound) < 0) yield waiting.shift() as MoveCandidate;
    const target = placement.targetFor(shardGroup);
    const its = target === undefined ? undefined : gainAt(target, shardGroup);
    if (target === undefined || its === undefined) continue;
    const candidate = { shardGroup, target, gain: its };
    waiting.splice(
      firstNot(waiting, (other) => compare(other, candidate) < 0),
      0,
      candidate,
    );
  }
  yield* waiting;
}

type Bound = Omit<MoveCandidate, "target">;

/** Shard groups with a gain, in the order of `compare`. `held` is sorted as `shardGroupsOn` sorts. */
function* fromTheMiddle(
  held: readonly ShardGroup[],
  {
    middle,
    costOf,
    gainOf,
  }: {
    readonly middle: number;
    readonly costOf: PlacementProblem["costOf"];
    readonly gainOf: (shardGroup: ShardGroup) => number | undefined;
  },
): Generator<Bound, void, undefined> {
  const boundAt = (index: number): Bound | undefined => {
    const shardGroup = held[index];
    const gain = shardGroup === undefined ? undefined : gainOf(shardGroup);
    return shardGroup === undefined || gain === undefined ? undefined : { shardGroup, gain };
  };
  const startOfRun = (end: number) => {
    const last = held[end - 1];
    return last === undefined ? 0 : firstNot(held, (other) => costOf(other) < costOf(last));
  };
  // Upwards one by one; downwards by runs of equal cost, each from its first, which has the fewest bytes.
  let up = firstNot(held, (shardGroup) => costOf(shardGroup) < middle);
  let run = { start: startOfRun(up), end: up };
  let down = run.start;
  for (;;) {
    const heavier = boundAt(up);
    const lighter = down < run.end ? boundAt(down) : undefined;
    if (heavier !== undefined && (lighter === undefined || compare(heavier, lighter) < 0)) {
      yield heavier;
      up += 1;
    } else if (lighter !== undefined) {
      yield lighter;
      down += 1;
      if (down < run.end) continue;
      run = { start: startOfRun(run.start), end: run.start };
      down = run.start;
    } else return;
  }
}

function compare(a: Bound, b: Bound): number {
  return (
    b.gain - a.gain || a.shardGroup.bytes - b.shardGroup.bytes || a.shardGroup.shard - b.shardGroup.shard
  );
}
