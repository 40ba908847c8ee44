/** What could leave a node, the best first, as far as somebody asks. Pure. */
import type { GroupId } from "../topology/shard-map.ts";
import { firstNot, type Places, type Placing } from "./tentative-placement.ts";
import type { ShardGroup } from "./types.ts";

export interface Relief {
  readonly shardGroup: ShardGroup;
  readonly target: GroupId;
  /** Half of what the sum of squares of the costs falls by. */
  readonly gain: number;
}

/**
 * Of what the source carries. Less is how sums of loads come out in another order, and would go back and
 * forth for ever.
 */
const LEAST_RELIEF = 1e-9;

/**
 * Moves away from `source` that even out, each to the emptiest node group that may take it; those that even
 * out most come first, of equal ones those of fewer bytes.
 *
 * A shard group gains at most what it would on the emptiest of all, and of those the ones that weigh nearly
 * half of the difference gain most. So it looks at them from there on, and only as long as a better one may
 * come.
 */
export function* reliefsOf(
  places: Places,
  source: GroupId,
  costOf: Placing["costOf"],
): Generator<Relief, void, undefined> {
  const { costAt } = places;
  const emptiest = places.emptiestFirst().find((group) => group !== source);
  if (emptiest === undefined) return;
  const least = costAt(source) * LEAST_RELIEF;
  const gainAt = (target: GroupId, shardGroup: ShardGroup) => {
    const cost = costOf(shardGroup);
    const relief = costAt(source) - costAt(target) - cost;
    return cost === 0 || relief <= least ? undefined : cost * relief;
  };
  const waiting: Relief[] = [];
  const bounds = fromTheMiddle(places.throttledBy(source), {
    middle: (costAt(source) - costAt(emptiest)) / 2,
    costOf,
    gainOf: (shardGroup) => gainAt(emptiest, shardGroup),
  });
  for (const bound of bounds) {
    const { shardGroup } = bound;
    while (waiting[0] !== undefined && compare(waiting[0], bound) < 0) yield waiting.shift() as Relief;
    const target = places.targetFor(shardGroup);
    const its = target === undefined ? undefined : gainAt(target, shardGroup);
    if (target === undefined || its === undefined) continue;
    const relief = { shardGroup, target, gain: its };
    waiting.splice(
      firstNot(waiting, (other) => compare(other, relief) < 0),
      0,
      relief,
    );
  }
  yield* waiting;
}

type Bound = Omit<Relief, "target">;

/** Those with a gain, in the order of `compare`; `held`: as Places has them. */
function* fromTheMiddle(
  held: readonly ShardGroup[],
  {
    middle,
    costOf,
    gainOf,
  }: {
    readonly middle: number;
    readonly costOf: Placing["costOf"];
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
