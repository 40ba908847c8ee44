import fc from "fast-check";
import { expect, it } from "vitest";
import { chooseMoves } from "../../../src/rebalance/choose-moves.ts";
import type { ShardGroup } from "../../../src/rebalance/cluster-inventory.ts";
import { moveCandidates } from "../../../src/rebalance/move-candidates.ts";
import { type PlacementProblem, startPlacement } from "../../../src/rebalance/tentative-placement.ts";
import { sampleGroup } from "./sample-inventory.ts";

const NODES = [1, 2, 3];

/** Costs are loads. Some shard groups may be on one node only, and nodes have room for so many bytes more. */
const placings: fc.Arbitrary<PlacementProblem> = fc
  .record({
    groups: fc.array(
      fc.record({ at: fc.nat(2), load: fc.nat(12), bytes: fc.nat(3), pin: fc.integer({ min: 1, max: 12 }) }),
      { minLength: 1, maxLength: 25 },
    ),
    room: fc.array(fc.nat(8), { minLength: 3, maxLength: 3 }),
  })
  .map(({ groups, room }) => {
    const pins = new Map(groups.map(({ pin }, index) => [index, NODES.includes(pin) ? pin : undefined]));
    return {
      shardGroups: groups.map(({ at, load, bytes }, shard) => sampleGroup(shard, at + 1, { load, bytes })),
      balanced: NODES,
      drained: [],
      threshold: 0,
      maxMoves: 1_000,
      costOf: ({ load }: ShardGroup) => load,
      pinOf: ({ shard }: ShardGroup) => pins.get(shard),
      hasRoom: (target, bytes) => bytes <= (room[target - 1] ?? 0),
    };
  });

/** Every move away from the node, sorted. */
function allCandidates(placing: PlacementProblem, source: number) {
  const at = (node: number) =>
    placing.shardGroups
      .filter(({ group }) => group === node)
      .reduce((sum, group) => sum + placing.costOf(group), 0);
  const bytesAt = (node: number) =>
    placing.shardGroups.filter(({ group }) => group === node).reduce((sum, { bytes }) => sum + bytes, 0);
  const targets = [...NODES].sort((a, b) => at(a) - at(b) || bytesAt(a) - bytesAt(b) || a - b);
  return placing.shardGroups
    .filter(({ group }) => group === source)
    .flatMap((shardGroup) => {
      const target = targets.find(
        (node) =>
          node !== source &&
          (placing.pinOf(shardGroup) ?? node) === node &&
          placing.hasRoom(node, shardGroup.bytes),
      );
      const cost = placing.costOf(shardGroup);
      const improvement = target === undefined ? 0 : at(source) - at(target) - cost;
      return target === undefined || cost === 0 || improvement <= 0
        ? []
        : [{ shardGroup, target, gain: cost * improvement }];
    })
    .sort(
      (a, b) =>
        b.gain - a.gain || a.shardGroup.bytes - b.shardGroup.bytes || a.shardGroup.shard - b.shardGroup.shard,
    );
}

it("gives the move candidates of a node in the order of their gain, whatever pins and disks allow", () => {
  fc.assert(
    fc.property(placings, fc.constantFrom(...NODES), (placing, source) => {
      const found = [...moveCandidates(startPlacement(placing)([]), source, placing.costOf)];
      expect(found).toEqual(allCandidates(placing, source));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ["different", (index: number) => 1 + ((index * 7_919) % 5_003)],
  ["equal", () => 1],
])("examines only a few of thousands of shard groups with %s weights for each move", (_, weigh) => {
  let examined = 0;
  const { moves } = chooseMoves({
    shardGroups: Array.from({ length: 5_000 }, (_, shard) => sampleGroup(shard, 1, { load: weigh(shard) })),
    balanced: NODES,
    drained: [],
    threshold: 0.2,
    maxMoves: 1_000,
    costOf({ load }) {
      examined += 1;
      return load;
    },
    pinOf: () => undefined,
    hasRoom: () => true,
  });
  expect(moves).toHaveLength(1_000);
  // To put them in order takes about a hundred thousand; a thousand moves that look at all of them, five
  // million.
  expect(examined).toBeLessThan(1_000_000);
});
