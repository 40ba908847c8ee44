import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClusterInventory, NodeInventory } from "../../../src/rebalance/cluster-inventory.ts";
import { type Piece, placePieces } from "../../../src/rebalance/place-pieces.ts";
import { nodeName, sampleGroup, sampleInventory, sampleNode } from "./sample-inventory.ts";

const shardGroup = sampleGroup(7, 1, { bytes: 1_000 });
const half = (wanted?: number): Piece => ({ range: undefined, share: 0.5, wanted });

function place(
  nodes: readonly NodeInventory[],
  pieces: readonly Piece[],
  more: Partial<ClusterInventory> = {},
) {
  return (mayStay: boolean) =>
    placePieces(sampleInventory({ nodes, shardGroups: [shardGroup], ...more }), {
      shardGroup,
      pieces,
      strategy: "by_disk_size",
      mayStay,
    });
}
const nodes = [1, 2, 3].map((group) => sampleNode(group));

describe("pieces that are made while records are written", () => {
  it("never are on the node that holds the shard group, and end where they are wanted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }), {
          minLength: 2,
          maxLength: 6,
        }),
        (wanted) => {
          const pieces = wanted.map((group) => ({
            range: undefined,
            share: 1 / wanted.length,
            wanted: group,
          }));
          const placement = place([...nodes, sampleNode(4)], pieces)(false);
          if (placement.kind !== "placed") throw new Error(placement.kind);
          placement.pieces.forEach(({ node, movedTo }, index) => {
            expect(node).not.toBe(nodeName(1));
            const group = wanted[index];
            if (group !== undefined) expect(movedTo ?? node).toBe(nodeName(group));
            if (group !== 1) expect(movedTo).toBeUndefined();
          });
        },
      ),
    );
  });

  it("go to the nodes that carry least", () => {
    const busy = sampleGroup(8, 2, { bytes: 5_000 });
    const placement = place(nodes, [half(), half()], { shardGroups: [shardGroup, busy] })(false);
    expect(placement).toMatchObject({ pieces: [{ node: nodeName(3) }, { node: nodeName(3) }] });
  });

  it("go to no node that is drained, does not answer or has no room", () => {
    const others = [
      sampleNode(2, { state: "draining" }),
      sampleNode(3, { server: undefined }),
      sampleNode(4, { disk: { freeBytes: 550, totalBytes: 1_000 } }),
    ];
    const refused = place([sampleNode(1), ...others], [half(), half()])(false);
    expect(refused).toMatchObject({
      kind: "unfit",
      reasons: [expect.stringContaining(nodeName(3)), expect.stringContaining("disk")],
    });
    const placement = place([sampleNode(1), ...others, sampleNode(5)], [half(), half()])(false);
    expect(placement).toMatchObject({ pieces: [{ node: nodeName(5) }, { node: nodeName(5) }] });
  });

  it("go nowhere where no other node may hold shard groups", () => {
    const coordinator = sampleNode(0, { state: "drained" });
    expect(place([coordinator, sampleNode(1)], [half(), half()])(false)).toEqual({ kind: "alone" });
  });
});

describe("pieces that may stay", () => {
  it("stay, unless they are wanted elsewhere, also where there is no other node", () => {
    const stay = [
      { node: nodeName(1), movedTo: undefined },
      { node: nodeName(1), movedTo: undefined },
    ];
    expect(place([sampleNode(1)], [half(), half()])(true)).toMatchObject({ pieces: stay });
    expect(place(nodes, [half(), half(3)])(true)).toMatchObject({
      pieces: [{ node: nodeName(1) }, { node: nodeName(3) }],
    });
  });
});
