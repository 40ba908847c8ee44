/** What a plan warns of, and what keeps it from being started. */
import { describe, expect, test } from "vitest";
import { checkMove } from "../../../src/rebalance/check-move.ts";
import { planBalance } from "../../../src/rebalance/plan.ts";
import { whyBlocked, whyOutdated } from "../../../src/rebalance/plan-outdated.ts";
import type { NodeInventory, PlanOptions, ShardGroup } from "../../../src/rebalance/types.ts";
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
  test.each([
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
  ])("warns of %s (%s)", (code, severity, inventory) => {
    const { moves, warnings } = planBalance(inventory, BY_SIZE);
    expect(moves).toHaveLength(1);
    expect(warnings).toMatchObject([{ code, severity }]);
  });

  test("says nothing when nothing is wrong", () => {
    expect(planBalance(uneven({}), BY_SIZE).warnings).toEqual([]);
  });

  test("needs to see standbys of nodes that it does not touch, unless lag is no matter", () => {
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

  test("leaves a tenth of the target's disk free", () => {
    const disk = { freeBytes: 1_000, totalBytes: 9_010 };
    expect(planBalance(uneven({ target: { disk } }), BY_SIZE).moves).toEqual([]);
    expect(
      planBalance(uneven({ target: { disk: { ...disk, totalBytes: 9_000 } } }), BY_SIZE).moves,
    ).toMatchObject([{ targetFreeBytesBefore: 1_000, targetFreeBytesAfter: 900 }]);
  });

  test("takes estimates from the rates, and the write-ahead log from how much the source writes", () => {
    const { moves, estimatedSeconds } = planBalance(uneven({}), BY_SIZE);
    // 50 bytes of rows at 10 a second, 50 of indexes at 5, a second besides; the source writes 1,000 bytes a
    // second.
    expect(moves).toMatchObject([{ copySeconds: 5, indexSeconds: 10, walKeptBytes: 16_000, copyBytes: 50 }]);
    expect(estimatedSeconds).toBe(16);
  });
});

describe("nodes", () => {
  test("that do not answer take no part", () => {
    const inventory = uneven({ target: { server: undefined } });
    const { moves, warnings, nodes } = planBalance(inventory, BY_SIZE);
    expect(moves).toEqual([]);
    expect(nodes.map(({ node }) => node)).toEqual([nodeName(1)]);
    expect(warnings).toMatchObject([{ code: "node_unreachable", severity: "warning" }]);
  });

  test("may be left out, or be the only ones", () => {
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

  test("with nowhere to leave to block the plan", () => {
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

  test("that contradict each other block the plan", () => {
    const { warnings } = planBalance({ ...uneven({}), pins: [pin("a", 1), pin("b", 2)] }, BY_SIZE);
    expect(warnings[0]).toMatchObject({ code: "pin_impossible", severity: "blocking" });
    expect(warnings[0]?.message).toContain('"a" and "b"');
  });

  test("to a node that is gone are told and move nothing", () => {
    const { moves, warnings } = planBalance({ ...uneven({}), pins: [pin("a", 9)] }, BY_SIZE);
    expect(moves.map(({ shard }) => shard)).toEqual([102]);
    expect(warnings).toMatchObject([{ code: "pin_impossible", severity: "warning" }]);
  });

  test("refuse a single move to elsewhere", () => {
    const inventory = { ...uneven({}), pins: [pin("a", 1)] };
    expect(checkMove(inventory, { shard: 101, target: nodeName(2) })).toMatchObject([
      { code: "pin_impossible", severity: "blocking" },
    ]);
    expect(checkMove(inventory, { shard: 102, target: nodeName(2) })).toEqual([]);
  });
});

test("without reported load there is nothing to balance by", () => {
  const { moves, warnings } = planBalance(uneven({ group: { load: 0 } }), {
    strategy: "by_load",
    threshold: 0,
  });
  expect(moves).toEqual([]);
  expect(warnings).toMatchObject([{ code: "no_load_reported" }]);
});

test("a limit of moves cuts the plan after moves that improve, and says what is left", () => {
  const inventory = sampleInventory({
    shardGroups: [1, 2, 3, 4, 5, 6].map((shard) => sampleGroup(shard, 1)),
  });
  const { moves, imbalanceAfter, warnings } = planBalance(inventory, { ...BY_SIZE, maxMoves: 1 });
  expect(moves).toHaveLength(1);
  expect(imbalanceAfter).toBeCloseTo(5 / 3 - 1);
  expect(warnings).toMatchObject([{ code: "not_reached", severity: "notice" }]);
});

test("a node is emptied onto all others alike, also by load while there is none", () => {
  const shardGroups = Array.from({ length: 9 }, (_, i) => sampleGroup(101 + i, 1, { load: 0 }));
  const inventory = sampleInventory({ nodes: [1, 2, 3, 4].map((group) => sampleNode(group)), shardGroups });
  const options = { strategy: "by_load", threshold: 0.2, drainedNodes: [nodeName(1)] } as const;
  const { moves } = planBalance(inventory, options);
  const arriving = [2, 3, 4].map((group) => moves.filter(({ target }) => target === nodeName(group)).length);
  expect(arriving).toEqual([3, 3, 3]);
});

test("a plan that names no limit has at most a thousand moves, and says that there is more to do", () => {
  const shardGroups = Array.from({ length: 2_600 }, (_, i) => sampleGroup(101 + i, 1));
  const nodes = [sampleNode(1), sampleNode(2)];
  const { moves, warnings } = planBalance(sampleInventory({ nodes, shardGroups }), BY_SIZE);
  expect(moves).toHaveLength(1_000);
  expect(warnings).toMatchObject([{ code: "not_reached", message: expect.stringContaining("plan again") }]);
});

describe("a plan that was kept", () => {
  const inventory = uneven({});
  const plan = planBalance(inventory, BY_SIZE);

  test("holds while its shards and nodes are as they were, whatever else happens", () => {
    const shardGroups = [...inventory.shardGroups, sampleGroup(103, 2)];
    expect(whyOutdated(plan, { ...inventory, shardGroups, epoch: 9 })).toEqual([]);
  });

  test("does not when a shard moved or is gone, or a target takes none any more", () => {
    const [move] = plan.moves;
    const elsewhere = inventory.shardGroups.map((group) => ({ ...group, group: 2 }));
    expect(whyOutdated(plan, { ...inventory, shardGroups: elsewhere })[0]).toContain("no longer on");
    expect(whyOutdated(plan, { ...inventory, shardGroups: [] })).toEqual([`shard ${move?.shard} is gone`]);
    const nodes = [sampleNode(1), sampleNode(2, { state: "draining" })];
    expect(whyOutdated(plan, { ...inventory, nodes })[0]).toContain("draining");
    expect(whyOutdated(plan, { ...inventory, nodes: [sampleNode(1)] })).toEqual([`${move?.target} is gone`]);
  });

  test("does not when the node that its shards were on does not answer, which is not that they are gone", () => {
    const nodes = [sampleNode(1, { server: undefined }), sampleNode(2)];
    expect(whyOutdated(plan, { ...inventory, nodes, shardGroups: [] })[0]).toContain(
      `${nodeName(1)}, which held shard ${plan.moves[0]?.shard}, does not answer`,
    );
  });

  test("is blocked by what speaks against its moves now", () => {
    const now = uneven({ source: server({ walLevel: "replica" }) });
    expect(whyBlocked(plan, now)).toMatchObject([{ code: "wal_level" }]);
    expect(whyBlocked(plan, inventory)).toEqual([]);
  });
});
