import { describe, expect, it } from "vitest";
import { adviseIsolations, adviseShardCounts } from "../../../src/rebalance/advise-placement.ts";
import { sampleGroup, sampleInventory } from "./sample-inventory.ts";

const large = (namespace: string, shard: number, rows: number) => ({
  collection: "memory_entries",
  namespace,
  shard,
  rows,
});

describe("advice on namespaces", () => {
  it("advises isolating namespaces that are much of their shard, the largest first, ten at most", () => {
    const shardGroups = Array.from({ length: 12 }, (_, index) =>
      sampleGroup(index, 1 + (index % 2), { rows: 100_000, bytes: 1 }),
    );
    const largeNamespaces = shardGroups.map(({ shard }) => large(`n${shard}`, shard, 30_000 + shard));
    const advice = adviseIsolations(sampleInventory({ shardGroups, largeNamespaces }), "by_disk_size");
    expect(advice.map(({ namespace }) => namespace)).toEqual(
      [11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((shard) => `n${shard}`),
    );
    expect(advice[0]).toMatchObject({ share: 0.30011, reason: expect.stringContaining("30 % of shard 11") });
  });

  it("advises isolating namespaces whose shard is too heavy to be balanced whole", () => {
    const shardGroups = [sampleGroup(1, 1, { bytes: 900, rows: 10_000 }), sampleGroup(2, 2, { bytes: 100 })];
    const largeNamespaces = [large("heavy", 1, 1_500)];
    const inventory = sampleInventory({ shardGroups, largeNamespaces });
    expect(adviseIsolations(inventory, "by_disk_size")).toMatchObject([
      { namespace: "heavy", reason: expect.stringContaining("180 % of what a node carries") },
    ]);
  });

  it("does not advise isolating a namespace that is small or has a shard of its own", () => {
    const shardGroups = [
      ...Array.from({ length: 10 }, (_, index) => sampleGroup(index, 1 + (index % 2), { rows: 100_000 })),
      sampleGroup(50, 1, { min: 7, max: 7, rows: 90_000 }),
    ];
    const largeNamespaces = [large("small", 1, 2_000), large("alone", 50, 90_000), large("all", 2, 100_000)];
    expect(adviseIsolations(sampleInventory({ shardGroups, largeNamespaces }), "by_shard_count")).toEqual([]);
  });
});

it("advises max(4, rows / 3,000,000 + 1) shards and names those that outgrew their size", () => {
  const groups = (collection: string, rows: readonly number[]) =>
    rows.map((count, index) => sampleGroup(collection.length * 100 + index, 1, { collection, rows: count }));
  const shardGroups = [
    ...groups("few", [10, 10]),
    ...groups("grown", [4_000_000, 1, 1, 1, 1]),
    ...groups(
      "enough",
      Array.from({ length: 11 }, () => 2_800_000),
    ),
  ];
  expect(adviseShardCounts(sampleInventory({ shardGroups }))).toMatchObject([
    { collection: "few", shardCount: 2, advised: 4, reason: "split the largest shards" },
    { collection: "grown", advised: 4, reason: expect.stringContaining("split shard 500:") },
    { collection: "enough", shardCount: 11, advised: 11, reason: "enough" },
  ]);
});
