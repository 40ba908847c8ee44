import fc from "fast-check";
import { expect, it } from "vitest";
import { chooseMoves } from "../../../src/rebalance/choose-moves.ts";
import { sampleGroup } from "./sample-inventory.ts";

/** Of five nodes and as many shard groups as are generated, far more than any choice takes. */
const MOST_EXAMINED = 20_000;

/** Throws when it goes on for ever. */
function choose(loads: readonly (readonly [load: number, group: number])[]) {
  let examined = 0;
  return chooseMoves({
    shardGroups: loads.map(([load, group], index) => sampleGroup(index, group, { bytes: 1, load })),
    balanced: [1, 2, 3, 4, 5],
    drained: [],
    threshold: 0,
    maxMoves: 1_000,
    costOf({ load }) {
      examined += 1;
      if (examined > MOST_EXAMINED) throw new Error(`no end with ${JSON.stringify(loads)}`);
      return load;
    },
    pinOf: () => undefined,
    hasRoom: () => true,
  });
}

it("stops choosing moves even where sums of loads differ by the order of addition", () => {
  const known = [
    [0.2, 5],
    [0.7, 4],
    [0.2, 2],
    [0.8, 1],
    [0.5, 2],
    [0.1, 4],
  ] as const;
  expect(choose(known).moves.length).toBeLessThan(known.length);
  const load = fc.integer({ min: 1, max: 9 }).map((tenths) => tenths / 10);
  const loads = fc.array(fc.tuple(load, fc.integer({ min: 1, max: 5 })), { minLength: 2, maxLength: 10 });
  fc.assert(
    fc.property(loads, (generated) => {
      expect(choose(generated).moves.length).toBeLessThanOrEqual(generated.length);
    }),
    { numRuns: 2_000 },
  );
});
