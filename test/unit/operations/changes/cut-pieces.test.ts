import { describe, expect, it } from "vitest";
import { piecesOf, pointsAround, rangesBetween } from "../../../../src/operations/changes/cut-pieces.ts";
import { hashText } from "../../../../src/topology/ring.ts";
import { nodeName, sampleGroup, sampleInventory } from "../../rebalance/sample-inventory.ts";

const RING = { min: -(2 ** 31), max: 2 ** 31 - 1 };

describe("the points around a hash", () => {
  it("give it a piece for itself wherever it is in its range", () => {
    for (const [hash, ranges] of [
      [
        10,
        [
          { min: 10, max: 10 },
          { min: 11, max: 20 },
        ],
      ],
      [
        20,
        [
          { min: 10, max: 19 },
          { min: 20, max: 20 },
        ],
      ],
      [
        15,
        [
          { min: 10, max: 14 },
          { min: 15, max: 15 },
          { min: 16, max: 20 },
        ],
      ],
    ] as const) {
      const range = { min: 10, max: 20 };
      expect(rangesBetween(pointsAround(hash, range), range)).toEqual(ranges);
    }
    expect(pointsAround(RING.min, RING)).toEqual([RING.min]);
    expect(pointsAround(RING.max, RING)).toEqual([RING.max - 1]);
  });

  it("are none when the hash is the whole range", () => {
    expect(pointsAround(5, { min: 5, max: 5 })).toEqual([]);
  });
});

describe("the pieces of a shard group", () => {
  const shardGroup = sampleGroup(7, 1, { ...RING, rows: 1_000 });
  const collection = { name: "memory_entries" };
  const hash = hashText("ns");
  const range = { min: hash, max: hash };

  it("are as large as the namespaces that are known to be large make them", () => {
    const largeNamespaces = [{ collection: "memory_entries", namespace: "ns", shard: 7, rows: 900 }];
    const inventory = sampleInventory({ shardGroups: [shardGroup], largeNamespaces });
    const asked = rangesBetween(pointsAround(hash, RING), RING).map((one) => ({
      range: one,
      target: undefined,
    }));
    const shares = piecesOf(asked, { inventory, shardGroup, collection }).map(({ share }) => share);
    expect(shares[1]).toBeCloseTo(0.9, 5);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  });

  it("stay where a pin wants them, and cannot be asked for elsewhere", () => {
    const pins = [{ collection: "memory_entries", namespace: "ns", group: 1, shard: 7 }];
    const inventory = sampleInventory({ shardGroups: [shardGroup], pins });
    const pieces = (target: string | undefined) =>
      piecesOf([{ range, target }], { inventory, shardGroup, collection });
    expect(pieces(undefined)).toMatchObject([{ wanted: 1 }]);
    expect(pieces(nodeName(1))).toMatchObject([{ wanted: 1 }]);
    expect(() => pieces(nodeName(2))).toThrow(expect.objectContaining({ code: "PLACEMENT_REFUSED" }));
  });
});
