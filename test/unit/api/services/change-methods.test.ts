/**
 * Changes of the cluster over a real gRPC server: what reaches the domain, what is refused by name, what is
 * answered.
 */
import type { ServiceDefinition } from "@grpc/grpc-js";
import type { MessageTypeDefinition } from "@grpc/proto-loader";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CHANGE_DEFINITIONS } from "../../../../src/operations/changes/definitions.ts";
import { createFixedClusterAdmin } from "../../../../src/operations/fixed-cluster-admin.ts";
import type { Operation } from "../../../../src/operations/types.ts";
import type { RebalancePlan } from "../../../../src/rebalance/rebalance-plan.ts";
import { unsupportedRebalance } from "../../../../src/rebalance/unsupported-rebalance.ts";
import { failureOf, proto, type RpcClient, type RpcFixture, startRpc } from "../rpc-fixture.ts";

const OPERATION: Operation = {
  id: "op-1",
  kind: "rebalance",
  state: "running",
  stage: "move",
  stages: ["move", "wait until served"],
  fraction: 0.5,
  message: "",
  createdAtMs: 1_000,
  updatedAtMs: 2_000,
  estimatedEndMs: 9_000,
  coordinator: "c",
  requestId: "r",
  requestedBy: "me",
  arguments: { plan: "plan-1", moves: [{ shard: 7, done: false, note: null }] },
  moves: [
    {
      shard: 7,
      collection: "c",
      source: "a:1",
      target: "b:1",
      state: "throttled",
      phase: "",
      fraction: 0.25,
      bytesDone: 5_000_000_000,
      bytesTotal: 20_000_000_000,
      startedAtMs: 1_500,
    },
  ],
};

const PLAN: RebalancePlan = {
  id: "plan-1",
  createdAtMs: 5_000,
  epoch: 3,
  options: { strategy: "by_load", threshold: 0.1 },
  imbalanceBefore: 1,
  imbalanceAfter: 0.5,
  moves: [
    {
      shard: 7,
      collection: "c",
      source: "a:1",
      target: "b:1",
      reason: "drain",
      bytes: 9_000_000_000,
      copyBytes: 4,
      rows: 2.6,
      copySeconds: 1.5,
      indexSeconds: 2.5,
      walKeptBytes: 3.4,
      targetFreeBytesBefore: undefined,
      targetFreeBytesAfter: undefined,
      imbalanceAfter: 0.5,
    },
  ],
  nodes: [{ node: "a:1", costBefore: 2, costAfter: 1, shardGroupsBefore: 2, shardGroupsAfter: 1 }],
  warnings: [{ severity: "blocking", code: "wal_level", node: "a:1", message: "not logical" }],
  estimatedSeconds: 7,
  measured: true,
  isolations: [{ collection: "c", namespace: "n", shard: 7, rows: 5.2, share: 0.5, reason: "large" }],
  shardCounts: [{ collection: "c", shardCount: 2, advised: 4, rows: 5, reason: "split" }],
};

let rpc: RpcFixture;
let cluster: RpcClient;
let namespaces: RpcClient;
let operations: RpcClient;
let asked: { kind: string; request: unknown }[] = [];

beforeAll(async () => {
  rpc = await startRpc({
    apis: {
      clusterAdmin: {
        begin: async ({ kind }, spec, request) => {
          asked.push({ kind, request: { ...spec, ...request } });
          return OPERATION;
        },
      },
      rebalance: {
        plan: async (request) => {
          asked.push({ kind: "plan", request });
          return PLAN;
        },
        planToStart: async () => PLAN,
      },
      operations: {
        list: async ({ unfinished = false } = {}) => ({
          operations: [
            { ...OPERATION, id: "3", kind: "move_shard" },
            ...(unfinished ? [] : [{ ...OPERATION, id: "2", finishedAtMs: 1 }]),
            { ...OPERATION, id: "1" },
          ],
          unreadable: [],
        }),
      },
    },
  });
  [cluster, namespaces, operations] = ["ClusterService", "NamespaceService", "OperationService"].map((name) =>
    rpc.connect(name),
  ) as [RpcClient, RpcClient, RpcClient];
});
afterAll(() => rpc.stop());
beforeEach(() => {
  asked = [];
});

const OPTIONS = { transferMode: "logical", movesPerNode: 1, abortOnSlo: false };

/** Requests of every method of ClusterService that begins a change, and what they are to the domain. */
const REQUESTS = [
  ["AddNode", { node: "n:1", standbyOfGroup: 2 }, "add_node", { node: "n:1", standbyOfGroup: 2 }],
  ["DrainNode", { node: "[::1]:5432" }, "drain_node", { node: "::1:5432", options: OPTIONS }],
  ["DrainNode", { node: "fd00::2:5432" }, "drain_node", { node: "fd00::2:5432", options: OPTIONS }],
  ["RestoreNode", { node: "n:1" }, "restore_node", { node: "n:1" }],
  ["RemoveNode", { node: "n:1", force: true }, "remove_node", { node: "n:1", force: true }],
  [
    "MoveShard",
    {
      shardId: 7,
      targetNode: "n:1",
      options: { transferMode: "TRANSFER_MODE_BLOCK_WRITES", movesPerNode: 3, abortOnSlo: true },
    },
    "move_shard",
    {
      shard: 7,
      target: "n:1",
      options: { transferMode: "block_writes", movesPerNode: 3, abortOnSlo: true },
    },
  ],
  [
    "SplitShard",
    { shardId: 7, splitPoints: [-5, 9], targetNodes: ["n:1"] },
    "split_shard",
    { shard: 7, splitPoints: [-5, 9], targets: ["n:1"], options: OPTIONS },
  ],
  [
    "ReindexShard",
    { shardId: 7, m: 24, efConstruction: 150 },
    "reindex_shard",
    { shard: 7, m: 24, efConstruction: 150 },
  ],
  [
    "IsolateNamespace",
    { namespace: "ns", targetNode: "n:1" },
    "isolate_namespace",
    { collection: "memory_entries", namespace: "ns", target: "n:1", options: OPTIONS },
  ],
  ["StartRebalance", { planId: "plan-1" }, "rebalance", { planId: "plan-1", options: OPTIONS }],
] as const;

/** The methods whose request may be only checked, by the proto. */
function changeRpcs(service: string): readonly string[] {
  return Object.entries(proto[service] as ServiceDefinition)
    .filter(([, method]) => {
      const { requestType } = method as unknown as {
        readonly requestType: MessageTypeDefinition<object, object>;
      };
      return (requestType.type as { readonly field: readonly { readonly name: string }[] }).field.some(
        ({ name }) => name === "validateOnly",
      );
    })
    .map(([name]) => name);
}

describe("requests for changes", () => {
  it.each(REQUESTS)("begins the change that %s asks for", async (method, request, kind, expected) => {
    const change = { requestId: "r-1", validateOnly: true };
    await cluster.call(method, { ...request, ...change });
    expect(asked).toMatchObject([{ kind, request: { ...expected, requestId: "r-1", dryRun: true } }]);
  });

  it("has one RPC for every defined change of the cluster, and one definition for every such RPC", async () => {
    const rpcs = changeRpcs("orrery.v1.ClusterService");
    expect(new Set(REQUESTS.map(([method]) => method))).toEqual(new Set(rpcs));
    expect(changeRpcs("orrery.v1.NamespaceService")).toEqual(["UpdateNamespace"]);
    for (const [method, request] of REQUESTS) await cluster.call(method, request);
    await namespaces.call("UpdateNamespace", { namespace: "ns", unpin: true });
    expect(new Set(asked.map(({ kind }) => kind))).toEqual(
      new Set(CHANGE_DEFINITIONS.map(({ kind }) => kind)),
    );
  });

  it("pins and unpins a namespace through UpdateNamespace", async () => {
    await namespaces.call("UpdateNamespace", { collection: "c", namespace: "ns", pinToNode: "n:1" });
    await namespaces.call("UpdateNamespace", { namespace: "ns", unpin: true });
    expect(asked).toMatchObject([
      {
        kind: "update_namespace",
        request: {
          collection: "c",
          namespace: "ns",
          pin: { target: "n:1", options: OPTIONS },
          dryRun: false,
        },
      },
      { kind: "update_namespace", request: { collection: "memory_entries", namespace: "ns" } },
    ]);
    expect(asked[1]?.request).not.toHaveProperty("pin");
  });

  it("records who asks: the name that the caller gives, or else its address", async () => {
    const headers = { metadata: { "x-orrery-caller": "anna@desk" } };
    await cluster.call("RestoreNode", { node: "n:1" }, headers);
    await cluster.call("RestoreNode", { node: "n:1" });
    expect(asked).toMatchObject([
      { request: { requestedBy: "anna@desk" } },
      { request: { requestedBy: expect.stringMatching(/^127\.0\.0\.1:\d+$/) } },
    ]);
    expect(asked[0]?.request).not.toHaveProperty("requestId");
  });

  it("plans a rebalance with the options that are set, and no others", async () => {
    await cluster.call("PlanRebalance", {});
    await cluster.call("PlanRebalance", {
      strategy: "BALANCE_STRATEGY_BY_ROW_COUNT",
      threshold: 0,
      nodes: ["a:1", "a:1"],
      excludedNodes: ["b:1"],
      drainedNodes: ["c:1"],
      maxMoves: 4,
    });
    expect(asked.map(({ request }) => request)).toEqual([
      {},
      {
        strategy: "by_row_count",
        threshold: 0,
        nodes: ["a:1"],
        excludedNodes: ["b:1"],
        drainedNodes: ["c:1"],
        maxMoves: 4,
      },
    ]);
  });
});

describe("requests that are refused before anything is begun", () => {
  it.each([
    ["AddNode", {}, "node"],
    ["AddNode", { node: "host" }, "node"],
    ["DrainNode", { node: "host:0" }, "node"],
    ["RestoreNode", { node: "host:70000" }, "node"],
    ["RemoveNode", { node: "a b:1" }, "node"],
    ["RemoveNode", { node: "::1" }, "node"],
    ["RemoveNode", { node: "[n]:1" }, "node"],
    ["RemoveNode", { node: "a:b:1" }, "node"],
    ["RestoreNode", { node: "n:1", requestId: "x".repeat(129) }, "request_id"],
    ["RestoreNode", { node: "n:1", requestId: "a\u0001" }, "request_id"],
    ["MoveShard", { targetNode: "n:1" }, "shard_id"],
    ["MoveShard", { shardId: "18446744073709551615", targetNode: "n:1" }, "shard_id"],
    ["MoveShard", { shardId: 7 }, "target_node"],
    ["MoveShard", { shardId: 7, targetNode: "n:1", options: { transferMode: 9 } }, "options.transfer_mode"],
    ["MoveShard", { shardId: 7, targetNode: "n:1", options: { movesPerNode: 0 } }, "options.moves_per_node"],
    ["MoveShard", { shardId: 7, targetNode: "n:1", options: { movesPerNode: 17 } }, "options.moves_per_node"],
    ["SplitShard", { shardId: 7, splitPoints: [5, 5] }, "split_points[1]"],
    ["SplitShard", { shardId: 7, splitPoints: Array.from({ length: 32 }, (_, i) => i) }, "split_points"],
    ["SplitShard", { shardId: 7, targetNodes: ["n:1", "n"] }, "target_nodes[1]"],
    ["SplitShard", { shardId: 7, targetNodes: Array.from({ length: 33 }, () => "n:1") }, "target_nodes"],
    ["IsolateNamespace", {}, "namespace"],
    ["IsolateNamespace", { namespace: "n", collection: "No" }, "collection"],
    ["IsolateNamespace", { namespace: "n", targetNode: "x" }, "target_node"],
    ["PlanRebalance", { strategy: 9 }, "strategy"],
    ["PlanRebalance", { threshold: 11 }, "threshold"],
    ["PlanRebalance", { threshold: Number.NaN }, "threshold"],
    ["PlanRebalance", { maxMoves: 0 }, "max_moves"],
    ["PlanRebalance", { nodes: ["a:1", "b"] }, "nodes[1]"],
    ["PlanRebalance", { excludedNodes: [""] }, "excluded_nodes[0]"],
    ["StartRebalance", {}, "plan_id"],
  ])("refuses %s %j naming %s", async (method, request, field) => {
    const { code, details } = await failureOf(cluster.call(method, request));
    expect(code).toBe(3);
    expect(details.BadRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
    expect(asked).toEqual([]);
  });

  it.each([
    [{ namespace: "ns" }, "pin"],
    [{ namespace: "ns", unpin: false }, "pin"],
    [{ namespace: "ns", pinToNode: "" }, "pin_to_node"],
  ])("refuses UpdateNamespace %j naming %s", async (request, field) => {
    const { details } = await failureOf(namespaces.call("UpdateNamespace", request));
    expect(details.BadRequest?.fieldViolations.map((violation) => violation.field)).toEqual([field]);
  });
});

describe("answers", () => {
  it("answers with the stages, moves, end and caller of an operation", async () => {
    const { response } = await cluster.call("RestoreNode", { node: "n:1" });
    expect(response).toMatchObject({
      stages: ["move", "wait until served"],
      estimatedEndTime: { seconds: "9" },
      requestedBy: "me",
      requestId: "r",
      moves: [
        {
          shardId: "7",
          sourceNode: "a:1",
          targetNode: "b:1",
          state: "MOVE_STATE_THROTTLED",
          fraction: 0.25,
          bytesDone: "5000000000",
          bytesTotal: "20000000000",
          startTime: { seconds: "1", nanos: 500_000_000 },
          endTime: null,
        },
      ],
    });
    const { fields } = response.arguments;
    expect(fields.moves.listValue.values[0].structValue.fields).toMatchObject({
      shard: { numberValue: 7 },
      done: { boolValue: false },
      note: { nullValue: "NULL_VALUE" },
    });
  });

  it("leaves unknown fields of a plan unset", async () => {
    const { response } = await cluster.call("PlanRebalance", {});
    expect(response).toMatchObject({
      id: "plan-1",
      createTime: { seconds: "5" },
      epoch: "3",
      strategy: "BALANCE_STRATEGY_BY_LOAD",
      moves: [{ shardId: "7", reason: "drain", bytes: "9000000000", estimatedRows: "3", walKeptBytes: "3" }],
      warnings: [{ severity: "SEVERITY_BLOCKING", code: "wal_level", node: "a:1" }],
      isolations: [{ shardId: "7", estimatedRows: "5", share: 0.5 }],
      shardCounts: [{ shardCount: 2, advised: 4 }],
      measured: true,
    });
    expect(response.moves[0]).not.toHaveProperty("targetFreeBytesBefore");
  });

  it("lists the operations of one kind, or those that have not ended", async () => {
    const ids = async (request: object) =>
      (await operations.call("ListOperations", request)).response.operations.map(
        ({ id }: { id: string }) => id,
      );
    expect(await ids({})).toEqual(["1", "2", "3"]);
    expect(await ids({ kind: "move_shard" })).toEqual(["3"]);
    expect(await ids({ unfinished: true })).toEqual(["1", "3"]);
  });
});

it("refuses every change of the placement by name on engines where it is fixed", async () => {
  const unused = {} as never;
  const clusterAdmin = createFixedClusterAdmin({
    engine: "embedded",
    changes: unused,
    operations: unused,
    epochMs: Date.now,
  });
  const fixed = await startRpc({ apis: { clusterAdmin, rebalance: unsupportedRebalance("embedded") } });
  try {
    const client = fixed.connect("ClusterService");
    const calls: readonly (readonly [string, object])[] = [
      ["AddNode", { node: "n:1" }],
      ["DrainNode", { node: "n:1" }],
      ["RestoreNode", { node: "n:1" }],
      ["RemoveNode", { node: "n:1" }],
      ["MoveShard", { shardId: 1, targetNode: "n:1" }],
      ["SplitShard", { shardId: 1 }],
      ["IsolateNamespace", { namespace: "n" }],
      ["PlanRebalance", {}],
      ["StartRebalance", { planId: "p" }],
    ];
    for (const [method, request] of calls) {
      const { code, message } = await failureOf(client.call(method, request));
      expect([method, code]).toEqual([method, 12]);
      expect(message).toContain("engine embedded cannot");
    }
  } finally {
    await fixed.stop();
  }
});
