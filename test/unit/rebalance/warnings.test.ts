/** What a plan warns of, and what keeps it from being started. */
import { describe, expect, it } from "vitest";
import { checkMove } from "../../../src/rebalance/check-move.ts";
import type { NodeInventory, ShardGroup } from "../../../src/rebalance/cluster-inventory.ts";
import { planBalance } from "../../../src/rebalance/plan.ts";
import { whyBlocked, whyOutdated } from "../../../src/rebalance/plan-outdated.ts";
import type { PlanOptions } from "../../../src/rebalance/rebalance-plan.ts";
import type { ServerFacts } from "../../../src/servers/server-facts.ts";
import { FIT_SERVER } from "../servers/sample-facts.ts";
import { nodeName, sampleGroup, sampleInventory, sampleNode } from "./sample-inventory.ts";

const BY_SIZE: PlanOptions = { strategy: "by_disk_size", threshold: 0.1 };

/** Two shard groups on node 1, none on node 2: one has to move. */
function uneven({
  source = {},
  target = {},
  group = {},
}: {
  source?: Partial<NodeInventory>;
  target?: Partial<NodeInventory>;
  group?: Partial<ShardGroup>;
}) {
  return sampleInventory({
    nodes: [sampleNode(1, source), sampleNode(2, target)],
    shardGroups: [sampleGroup(101, 1, group), sampleGroup(102, 1, group)],
  });
}

const server = (changes: Partial<ServerFacts>) => ({ server: { ...FIT_SERVER, ...changes } });

describe("a plan with moves", () => {
  it.each([
    ["wal_level", "blocking", uneven({ source: server({ walLevel: "replica" }) })],
    ["replication_slots", "blocking", uneven({ source: server({ usedReplicationSlots: 64 }) })],
    ["replication_slots", "blocking", uneven({ source: server({ maxWalSenders: 0 }) })],
    ["output_plugin_libraries", "blocking", uneven({ source: server({ outputPluginLibraries: "citus" }) })],
    ["output_plugin_libraries", "notice", uneven({ source: server({ outputPluginLibraries: "pgoutput" }) })],
    ["worker_processes", "blocking", uneven({ target: server({ maxLogicalReplicationWorkers: 0 }) })],
    ["worker_processes", "warning", uneven({ target: server({ maxWorkerProcesses: 4 }) })],
    ["pgvector_missing", "blocking", uneven({ target: server({ pgvector: undefined }) })],
    ["version_mismatch", "warning", uneven({ target: server({ postgres: "15.20" }) })],
    ["replica_identity", "blocking", uneven({ group: { replicaIdentity: false } })],
    ["wal_kept", "warning", uneven({ source: server({ maxSlotWalKeepBytes: 1 }) })],
    ["lag_hidden", "blocking", uneven({ source: { hidesStandbys: true } })],
    ["disk_unknown", "notice", uneven({ target: { disk: undefined } })],
  ])("warns of %s (%s) in a plan with moves", (code, severity, inventory) => {
    const { moves, warnings } = planBalance(inventory, BY_SIZE);
    expect(moves).toHaveLength(1);
    expect(warnings).toMatchObject([{ code, severity }]);
  });

  it("warns of nothing when nothing is wrong", () => {
    expect(planBalance(uneven({}), BY_SIZE).warnings).toEqual([]);
  });

  it("requires a move to see the standbys of all nodes, unless lag does not limit moves", () => {
    const { nodes, shardGroups } = uneven({});
    const others = [
      sampleNode(3, { hidesStandbys: true }),
      sampleNode(4, { state: "inactive", hidesStandbys: true }),
    ];
    const inventory = sampleInventory({ nodes: [...nodes, ...others], shardGroups });
    const move = { shard: 101, target: nodeName(2) };
    expect(checkMove(inventory, move)).toMatchObject([{ code: "lag_hidden", node: nodeName(3) }]);
    expect(checkMove({ ...inventory, limitsLag: false }, move)).toEqual([]);
  });

  it("leaves a tenth of the target's disk free", () => {
    const disk = { freeBytes: 1_000, totalBytes: 9_010 };
    expect(planBalance(uneven({ target: { disk } }), BY_SIZE).moves).toEqual([]);
    expect(
      planBalance(uneven({ target: { disk: { ...disk, totalBytes: 9_000 } } }), BY_SIZE).moves,
    ).toMatchObject([{ targetFreeBytesBefore: 1_000, targetFreeBytesAfter: 900 }]);
  });

  it("estimates seconds from the rates, and the write-ahead log from how much the source writes", () => {
    const { moves, estimatedSeconds } = planBalance(uneven({}), BY_SIZE);
    // 50 bytes of rows at 10 a second, 50 of indexes at 5, a second besides; the source writes 1,000 bytes a
    // second.
    expect(moves).toMatchObject([{ copySeconds: 5, indexSeconds: 10, walKeptBytes: 16_000, copyBytes: 50 }]);
    expect(estimatedSeconds).toBe(16);
  });
});

describe("nodes", () => {
  it("leaves out nodes that do not answer", () => {
    const inventory = uneven({ target: { server: undefined } });
    const { moves, warnings, nodes } = planBalance(inventory, BY_SIZE);
    expect(moves).toEqual([]);
    expect(nodes.map(({ node }) => node)).toEqual([nodeName(1)]);
    expect(warnings).toMatchObject([{ code: "node_unreachable", severity: "warning" }]);
  });

  it("balances only the nodes that are named, or all but those excluded", () => {
    const inventory = sampleInventory({
      nodes: [sampleNode(1), sampleNode(2), sampleNode(3)],
      shardGroups: [1, 1, 1].map((group, index) => sampleGroup(index, group)),
    });
    const targets = (options: Partial<PlanOptions>) =>
      new Set(planBalance(inventory, { ...BY_SIZE, ...options }).moves.map(({ target }) => target));
    expect(targets({})).toEqual(new Set([nodeName(2), nodeName(3)]));
    expect(targets({ excludedNodes: [nodeName(2)] })).toEqual(new Set([nodeName(3)]));
    expect(targets({ nodes: [nodeName(1), nodeName(2)] })).toEqual(new Set([nodeName(2)]));
    expect(() => planBalance(inventory, { ...BY_SIZE, nodes: ["other:1"] })).toThrow(/no node "other:1"/);
  });

  it("blocks the plan when a node to empty has nowhere to move its shard groups to", () => {
    const { warnings } = planBalance(
      sampleInventory({ nodes: [sampleNode(1)], shardGroups: [sampleGroup(1, 1)] }),
      {
        ...BY_SIZE,
        drainedNodes: [nodeName(1)],
      },
    );
    expect(warnings).toMatchObject([{ code: "no_target", severity: "blocking" }]);
  });
});

describe("pins", () => {
  const pin = (namespace: string, group: number) => ({
    collection: "memory_entries",
    namespace,
    group,
    shard: 101,
  });

  it("blocks the plan when pins contradict each other", () => {
    const { warnings } = planBalance({ ...uneven({}), pins: [pin("a", 1), pin("b", 2)] }, BY_SIZE);
    expect(warnings[0]).toMatchObject({ code: "pin_impossible", severity: "blocking" });
    expect(warnings[0]?.message).toContain('"a" and "b"');
  });

  it("warns of a pin to a node that is gone, and moves nothing for it", () => {
    const { moves, warnings } = planBalance({ ...uneven({}), pins: [pin("a", 9)] }, BY_SIZE);
    expect(moves.map(({ shard }) => shard)).toEqual([102]);
    expect(warnings).toMatchObject([{ code: "pin_impossible", severity: "warning" }]);
  });

  it("refuses a single move to a node other than the pinned one", () => {
    const inventory = { ...uneven({}), pins: [pin("a", 1)] };
    expect(checkMove(inventory, { shard: 101, target: nodeName(2) })).toMatchObject([
      { code: "pin_impossible", severity: "blocking" },
    ]);
    expect(checkMove(inventory, { shard: 102, target: nodeName(2) })).toEqual([]);
  });
});

it("does not balance by load while none is reported", () => {
  const { moves, warnings } = planBalance(uneven({ group: { load: 0 } }), {
    strategy: "by_load",
    threshold: 0,
  });
  expect(moves).toEqual([]);
  expect(warnings).toMatchObject([{ code: "no_load_reported" }]);
});

it("cuts the plan at the limit of moves, and reports the imbalance that is left", () => {
  const inventory = sampleInventory({
    shardGroups: [1, 2, 3, 4, 5, 6].map((shard) => sampleGroup(shard, 1)),
  });
  const { moves, imbalanceAfter, warnings } = planBalance(inventory, { ...BY_SIZE, maxMoves: 1 });
  expect(moves).toHaveLength(1);
  expect(imbalanceAfter).toBeCloseTo(5 / 3 - 1);
  expect(warnings).toMatchObject([{ code: "not_reached", severity: "notice" }]);
});

it("empties a node onto all others evenly, even by load while there is none", () => {
  const shardGroups = Array.from({ length: 9 }, (_, i) => sampleGroup(101 + i, 1, { load: 0 }));
  const inventory = sampleInventory({ nodes: [1, 2, 3, 4].map((group) => sampleNode(group)), shardGroups });
  const options = { strategy: "by_load", threshold: 0.2, drainedNodes: [nodeName(1)] } as const;
  const { moves } = planBalance(inventory, options);
  const arriving = [2, 3, 4].map((group) => moves.filter(({ target }) => target === nodeName(group)).length);
  expect(arriving).toEqual([3, 3, 3]);
});

it("plans at most a thousand moves without a limit, and reports that there is more to do", () => {
  const shardGroups = Array.from({ length: 2_600 }, (_, i) => sampleGroup(101 + i, 1));
  const nodes = [sampleNode(1), sampleNode(2)];
  const { moves, warnings } = planBalance(sampleInventory({ nodes, shardGroups }), BY_SIZE);
  expect(moves).toHaveLength(1_000);
  expect(warnings).toMatchObject([{ code: "not_reached", message: expect.stringContaining("plan again") }]);
});

describe("a plan that was kept", () => {
  const inventory = uneven({});
  const plan = planBalance(inventory, BY_SIZE);

  it("keeps a plan valid while its shards and nodes are as they were, whatever else happens", () => {
    const shardGroups = [...inventory.shardGroups, sampleGroup(103, 2)];
    expect(whyOutdated(plan, { ...inventory, shardGroups, epoch: 9 })).toEqual([]);
  });

  it("finds a plan outdated when a shard moved or is gone, or a target no longer takes shards", () => {
    const [move] = plan.moves;
    const elsewhere = inventory.shardGroups.map((group) => ({ ...group, group: 2 }));
    expect(whyOutdated(plan, { ...inventory, shardGroups: elsewhere })[0]).toContain("no longer on");
    expect(whyOutdated(plan, { ...inventory, shardGroups: [] })).toEqual([`shard ${move?.shard} is gone`]);
    const nodes = [sampleNode(1), sampleNode(2, { state: "draining" })];
    expect(whyOutdated(plan, { ...inventory, nodes })[0]).toContain("draining");
    expect(whyOutdated(plan, { ...inventory, nodes: [sampleNode(1)] })).toEqual([`${move?.target} is gone`]);
  });

  it("reports a source that does not answer as such, not its shards as gone", () => {
    const nodes = [sampleNode(1, { server: undefined }), sampleNode(2)];
    expect(whyOutdated(plan, { ...inventory, nodes, shardGroups: [] })[0]).toContain(
      `${nodeName(1)}, which held shard ${plan.moves[0]?.shard}, does not answer`,
    );
  });

  it("blocks a plan when something now speaks against its moves", () => {
    const now = uneven({ source: server({ walLevel: "replica" }) });
    expect(whyBlocked(plan, now)).toMatchObject([{ code: "wal_level" }]);
    expect(whyBlocked(plan, inventory)).toEqual([]);
  });
});
