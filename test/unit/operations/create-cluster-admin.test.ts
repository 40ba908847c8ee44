import { afterEach, describe, expect, it, vi } from "vitest";
import type { ClusterNode, PlacementChanges } from "../../../src/engines/placement-changes.ts";
import { isolateNamespace } from "../../../src/operations/changes/isolate-namespace.ts";
import { moveShard } from "../../../src/operations/changes/move-shard.ts";
import { pinNamespace } from "../../../src/operations/changes/pin-namespace.ts";
import { splitShard } from "../../../src/operations/changes/split-shard.ts";
import { createClusterAdmin } from "../../../src/operations/create-cluster-admin.ts";
import type { ClusterInventory } from "../../../src/rebalance/cluster-inventory.ts";
import { sampleGroup, sampleInventory, sampleNode } from "../rebalance/sample-inventory.ts";
import { FIT_SERVER } from "../servers/sample-facts.ts";

const OPTIONS = { transferMode: "logical", movesPerNode: 1, abortOnSlo: false } as const;
const ASKED = { requestedBy: "me", dryRun: true };

const catalog = {
  clusterId: "x",
  nodes: [1, 2].map((group) => ({ id: group, group, name: `node-${group}:5432`, role: "primary" as const })),
  collections: [
    {
      id: 1,
      name: "memory_entries",
      table: "memory_entries",
      dimension: 3,
      metric: "cosine" as const,
      quantization: "none" as const,
      hnsw: { m: 16, efConstruction: 64 },
      shards: [{ id: 7, group: 1, min: -(2 ** 31), max: 2 ** 31 - 1 }],
    },
  ],
};

function admin(
  inventory: ClusterInventory,
  changes: Partial<PlacementChanges> = {},
  facts: { readonly splitsInPlace?: boolean } = {},
) {
  return createClusterAdmin({
    changes: {
      readPins: async () => [],
      missingRights: async () => ({ role: "admin", missing: [] }),
      readCatalog: async () => catalog,
      readNodes: async () => registered(),
      serverFacts: async () => FIT_SERVER,
      hasReferenceTables: async () => true,
      ...changes,
    } as unknown as PlacementChanges,
    facts: { coordinatorGroup: 0, splitsInPlace: false, whyNoNodeIsAdded: () => undefined, ...facts },
    operations: {
      beginChange: async () => {
        throw new Error("nothing is to be begun");
      },
      findChange: async () => undefined,
    },
    inventory: async () => inventory,
    strategy: "by_disk_size",
    namespaceExists: async () => true,
    planToStart: async () => {
      throw new Error("no plan is to be started");
    },
    epochMs: () => 0,
  });
}
const move = { shard: 7, target: "node-2:5432", options: OPTIONS };

/** Two nodes, of which the first holds the shard. */
const registered = (first: Partial<ClusterNode> = {}): readonly ClusterNode[] =>
  catalog.nodes.map((node, index) => ({
    ...node,
    active: true,
    mayHoldShards: true,
    shards: 1,
    ...(index === 0 && first),
  }));

afterEach(() => {
  vi.useRealTimers();
});

describe("a dry run", () => {
  it("of a move that could be made says what it would be", async () => {
    const inventory = sampleInventory({
      nodes: [sampleNode(1), sampleNode(2)],
      shardGroups: [sampleGroup(7, 1)],
    });
    expect(await admin(inventory).begin(moveShard, move, ASKED)).toMatchObject({
      moves: [{ shard: 7, source: "node-1:5432", target: "node-2:5432" }],
    });
  });

  it("of a move from a node that does not answer is refused", async () => {
    const silent = sampleInventory({ nodes: [sampleNode(1, { server: undefined }), sampleNode(2)] });
    await expect(admin(silent).begin(moveShard, move, ASKED)).rejects.toMatchObject({
      code: "NODE_UNFIT",
      message: expect.stringContaining("node-1:5432"),
    });
  });

  it("that cannot be checked in time is refused as unavailable, not as an internal error", async () => {
    vi.useFakeTimers();
    const readPins = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    const moved = admin(sampleInventory({}), { readPins }).begin(moveShard, move, ASKED);
    const refused = expect(moved).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
    await vi.advanceTimersByTimeAsync(20_000);
    await refused;
  });

  it("of a pin to a node that is to be emptied is refused, also for what the node still holds", async () => {
    const pin = {
      collection: "memory_entries",
      namespace: "ns",
      pin: { target: "node-1:5432", options: OPTIONS },
    };
    const readNodes = async () => registered({ mayHoldShards: false });
    const emptied = admin(sampleInventory({}), { readNodes });
    await expect(emptied.begin(pinNamespace, pin, ASKED)).rejects.toMatchObject({
      code: "PLACEMENT_REFUSED",
    });
    expect(await admin(sampleInventory({})).begin(pinNamespace, pin, ASKED)).toMatchObject({ state: "done" });
  });
});

describe("a dry run of a split", () => {
  const RING = { min: -(2 ** 31), max: 2 ** 31 - 1 };
  const shardGroup = sampleGroup(7, 1, { ...RING, bytes: 2e9 });
  const rates = { copyBytesPerSecond: 1e8, indexBytesPerSecond: 1e8, overheadSeconds: 2, measuredMoves: 3 };
  const inventory = sampleInventory({ shardGroups: [shardGroup], rates });
  const alone = { ...inventory, nodes: [sampleNode(1), sampleNode(0, { state: "drained" })] };
  const split = { shard: 7, splitPoints: [], targets: [] as readonly string[], options: OPTIONS };
  const waiting = { ...split, options: { ...OPTIONS, transferMode: "block_writes" } as const };

  it("says where the pieces go, what they take on the disks, and how long it takes", async () => {
    const { message, arguments: args } = await admin(inventory).begin(splitShard, split, ASKED);
    expect(args.pieces).toEqual([
      { bytes: 1e9, node: "node-2:5432" },
      { bytes: 1e9, node: "node-2:5432" },
    ]);
    expect(message).toContain("piece 1 of 2 (about 1000 MB) on node-2:5432");
    expect(message).toContain("node-2:5432 needs about 2000 MB of 1000000 MB free");
    expect(message).toContain("about 22 s; writes go on");
  });

  it("says that a piece for its own node is made elsewhere and moved back", async () => {
    const targets = ["node-1:5432", "node-2:5432"];
    const { message, arguments: args } = await admin(inventory).begin(
      splitShard,
      { ...split, targets },
      ASKED,
    );
    expect(args.pieces).toMatchObject([
      { node: "node-2:5432", moved_to: "node-1:5432" },
      { node: "node-2:5432" },
    ]);
    expect(message).toContain("from where it is moved to node-1:5432");
  });

  it("of the only node is refused with the time that writes would wait, unless they may", async () => {
    await expect(admin(alone).begin(splitShard, split, ASKED)).rejects.toMatchObject({
      code: "WRITES_WOULD_WAIT",
      message: expect.stringContaining("about 22 s"),
      details: { metadata: { shard: "7", seconds: "22" } },
    });
    const isolation = { collection: "memory_entries", namespace: "ns", options: OPTIONS };
    await expect(admin(alone).begin(isolateNamespace, isolation, ASKED)).rejects.toMatchObject({
      code: "WRITES_WOULD_WAIT",
    });
    const { message, arguments: args } = await admin(alone).begin(splitShard, waiting, ASKED);
    expect(args.pieces).toMatchObject([{ node: "node-1:5432" }, { node: "node-1:5432" }]);
    expect(message).toContain("writes to the shard wait for about 22 s");
  });

  it("of a Citus without the fault leaves the pieces where the shard is", async () => {
    const mended = admin(inventory, {}, { splitsInPlace: true });
    const { arguments: args } = await mended.begin(splitShard, split, ASKED);
    expect(args.pieces).toMatchObject([{ node: "node-1:5432" }, { node: "node-1:5432" }]);
  });

  it("refuses as many nodes as match no pieces, and unknown ones", async () => {
    const to = (...targets: readonly string[]) =>
      admin(inventory).begin(splitShard, { ...split, targets }, ASKED);
    await expect(to("node-1:5432", "node-2:5432", "node-2:5432")).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      details: { fields: [{ field: "target_nodes" }] },
    });
    await expect(to("node-9:5432")).rejects.toMatchObject({ code: "NODE_NOT_FOUND" });
  });

  it("is refused without a replica identity, by which updates could not be carried over, unless writes wait", async () => {
    const bare = { ...inventory, shardGroups: [{ ...shardGroup, replicaIdentity: false }] };
    await expect(admin(bare).begin(splitShard, split, ASKED)).rejects.toMatchObject({ code: "NODE_UNFIT" });
    expect(await admin(bare).begin(splitShard, waiting, ASKED)).toMatchObject({ state: "done" });
  });
});
