import { describe, expect, it } from "vitest";
import type { ReadShardGroup } from "../../../src/rebalance/cluster-inventory.ts";
import { createInventory } from "../../../src/rebalance/inventory.ts";
import { EMPTY_MAP } from "../../../src/topology/shard-map.ts";
import { sampleGroup, sampleNode } from "./sample-inventory.ts";

const RING = { min: -(2 ** 31), max: 2 ** 31 - 1 };
const map = {
  ...EMPTY_MAP,
  collections: [
    {
      id: 1,
      name: "memory_entries",
      table: "memory_entries",
      dimension: 3,
      metric: "cosine" as const,
      quantization: "none" as const,
      hnsw: { m: 16, efConstruction: 64 },
      shards: [{ id: 7, group: 1, ...RING }],
    },
  ],
};
const pin = { collection: "memory_entries", namespace: "ns", shardKey: "ns", group: 2 };

function pinsWith(shardGroups: readonly ReadShardGroup[]) {
  const inventory = createInventory({
    limitsLag: true,
    read: async () => ({
      nodes: [sampleNode(1)],
      shardGroups,
      pins: [pin],
      largeNamespaces: [],
      rates: undefined,
    }),
    store: { coordinators: async () => [] },
    map: { current: () => map },
    epochMs: () => 0,
  });
  return inventory(new AbortController().signal).then(({ pins }) => pins);
}

it("does not keep a caller that gives up waiting for nodes that hang", async () => {
  const inventory = createInventory({
    limitsLag: true,
    read: () => new Promise<never>(() => {}),
    store: { coordinators: async () => [] },
    map: { current: () => map },
    epochMs: () => 0,
  });
  const late = new AbortController();
  const reading = inventory(late.signal);
  late.abort(new Error("too late"));
  await expect(reading).rejects.toThrow("too late");
});

describe("the shard group that a pin means", () => {
  it("takes the shard group of a pin from what was just read, even when the map lacks a split", async () => {
    const halves = [
      sampleGroup(8, 1, { min: RING.min, max: -1 }),
      sampleGroup(9, 1, { min: 0, max: RING.max }),
    ];
    const [{ shard } = { shard: 0 }] = await pinsWith(halves);
    expect([8, 9]).toContain(shard);
  });

  it("takes the shard group of a pin from the map while its node does not answer", async () => {
    expect(await pinsWith([])).toMatchObject([{ shard: 7, group: 2 }]);
  });
});
