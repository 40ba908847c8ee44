import { afterEach, describe, expect, it, vi } from "vitest";
import type { ClusterNode, PlacementChanges } from "../../../src/engines/placement-changes.ts";
import { moveShard } from "../../../src/operations/changes/move-shard.ts";
import { pinNamespace } from "../../../src/operations/changes/pin-namespace.ts";
import { createClusterAdmin } from "../../../src/operations/create-cluster-admin.ts";
import type { ClusterInventory } from "../../../src/rebalance/cluster-inventory.ts";
import { sampleGroup, sampleInventory, sampleNode } from "../rebalance/sample-inventory.ts";

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

function admin(inventory: ClusterInventory, changes: Partial<PlacementChanges> = {}) {
  return createClusterAdmin({
    changes: {
      readPins: async () => [],
      missingRights: async () => ({ role: "admin", missing: [] }),
      readCatalog: async () => catalog,
      readNodes: async () => registered(),
      ...changes,
    } as unknown as PlacementChanges,
    facts: { coordinatorGroup: 0, whyNoNodeIsAdded: () => undefined },
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
