import { describe, expect, it } from "vitest";
import type { MoveProgressMessage } from "../../../src/proto/generated/orrery/v1/MoveProgress.ts";
import type { OperationMessage } from "../../../src/proto/generated/orrery/v1/Operation.ts";
import type { RebalancePlanMessage } from "../../../src/proto/generated/orrery/v1/RebalancePlan.ts";
import { info, Refused } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

const MOVE = {
  shardId: "102010",
  collection: "memory_entries",
  sourceNode: "a:5432",
  targetNode: "b:5432",
  reason: "balance",
  bytes: "2500000",
  copyBytes: "1000000",
  estimatedRows: "12345",
  copySeconds: 61,
  indexSeconds: 3,
  walKeptBytes: "0",
  targetFreeBytesBefore: "1500000000",
  targetFreeBytesAfter: "1497500000",
  imbalanceAfter: 0.05,
};

const PLAN: Partial<RebalancePlanMessage> = {
  id: "plan-1",
  createTime: { seconds: "1", nanos: 0 },
  strategy: "BALANCE_STRATEGY_BY_DISK_SIZE",
  threshold: 0.2,
  imbalanceBefore: 1,
  imbalanceAfter: 0.05,
  moves: [MOVE],
  nodes: [
    {
      node: "a:5432",
      costBefore: 5_000_000,
      costAfter: 2_500_000,
      shardGroupsBefore: 2,
      shardGroupsAfter: 1,
    },
    { node: "b:5432", costBefore: 0, costAfter: 2_500_000, shardGroupsBefore: 0, shardGroupsAfter: 1 },
  ],
  warnings: [
    { severity: "SEVERITY_NOTICE", code: "disk_unknown", node: "", message: "somebody ought to know" },
  ],
  estimatedSeconds: 64,
};

const moving = (
  state: MoveProgressMessage["state"],
  phase = "",
  fraction = 0,
): Partial<MoveProgressMessage> => ({
  ...MOVE,
  state,
  phase,
  fraction,
  bytesDone: "500000",
  bytesTotal: "1000000",
});

const operation = (state: string, moves: readonly Partial<MoveProgressMessage>[] = [], end = false) =>
  ({
    id: "op-1",
    kind: "rebalance",
    state: `OPERATION_STATE_${state}`,
    stage: "move",
    fraction: 0.5,
    createTime: { seconds: "1", nanos: 0 },
    updateTime: { seconds: "2", nanos: 0 },
    endTime: end ? { seconds: "3", nanos: 0 } : null,
    requestedBy: "me@here",
    moves,
  }) as unknown as OperationMessage;

const DONE = operation("DONE", [moving("MOVE_STATE_DONE")], true);

describe("rebalance plan", () => {
  it("rebalance plan draws what nodes carry before and after, and lists moves and warnings", async () => {
    const { code, stdout } = await runCli(["rebalance", "plan"], { answers: { PlanRebalance: () => PLAN } });
    expect(code).toBe(0);
    expect(stdout).toContain("imbalance 100.0 % now, 5.0 % after; threshold 20.0 %");
    expect(stdout).toMatch(/a:5432 +█{24} 5\.0 MB +█{12}░{12} 2\.5 MB +2 -> 1/);
    expect(stdout).toMatch(/102010 +memory_entries +a:5432 +b:5432 +balance +2\.5 MB +12,345 +1 min 1 s/);
    expect(stdout).toContain("notice: somebody ought to know");
  });

  it("rebalance plan passes its options on", async () => {
    const asked: unknown[] = [];
    const args = ["--strategy", "by_load", "--threshold", "0.1", "--node", "a:1", "--node", "b:1"];
    await runCli(["rebalance", "plan", ...args, "--exclude", "c:1", "--drain", "d:1", "--max-moves", "3"], {
      answers: {
        PlanRebalance: (request) => {
          asked.push(request);
          return PLAN;
        },
      },
    });
    expect(asked).toMatchObject([
      {
        strategy: "BALANCE_STRATEGY_BY_LOAD",
        threshold: 0.1,
        nodes: ["a:1", "b:1"],
        excludedNodes: ["c:1"],
        drainedNodes: ["d:1"],
        maxMoves: 3,
      },
    ]);
  });

  it("rebalance plan as json is one document", async () => {
    const { stdout } = await runCli(["rebalance", "plan", "-o", "json"], {
      answers: { PlanRebalance: () => PLAN },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      id: "plan-1",
      strategy: "by_disk_size",
      moves: [{ shardId: "102010" }],
      warnings: [{ severity: "notice" }],
    });
  });

  it("rebalance plan shows advice with --advice", async () => {
    const advised = {
      ...PLAN,
      isolations: [
        {
          collection: "c",
          namespace: "big",
          shardId: "7",
          estimatedRows: "5",
          share: 0.5,
          reason: "it is big",
        },
      ],
      shardCounts: [
        {
          collection: "c",
          shardCount: 2,
          advised: 4,
          estimatedRows: "5",
          reason: "split the largest shards",
        },
      ],
    };
    const answers = { PlanRebalance: () => advised };
    expect((await runCli(["rebalance", "plan"], { answers })).stdout).not.toContain("big");
    const { stdout } = await runCli(["rebalance", "plan", "--advice"], { answers });
    expect(stdout).toContain("big of c (5 rows, 50 % of shard 7): it is big");
    expect(stdout).toContain("split the largest shards");
  });
});

describe("rebalance start", () => {
  const answers = {
    PlanRebalance: () => PLAN,
    StartRebalance: () => operation("RUNNING", [moving("MOVE_STATE_PENDING")]),
    WatchOperation: () => [
      operation("RUNNING", [moving("MOVE_STATE_PENDING")]),
      operation("RUNNING", [moving("MOVE_STATE_RUNNING", "copy", 0.2)]),
      operation("RUNNING", [moving("MOVE_STATE_RUNNING", "copy", 0.3)]),
      operation("RUNNING", [moving("MOVE_STATE_RUNNING", "build indexes", 0.8)]),
      DONE,
    ],
  };

  it("rebalance start wants --yes where there is no terminal to ask on, and starts nothing", async () => {
    const { code, stderr } = await runCli(["rebalance", "start"], { answers: { PlanRebalance: () => PLAN } });
    expect(code).toBe(2);
    expect(stderr).toContain("--yes");
  });

  it("rebalance start prints each phase of each move once, a line each, off a terminal", async () => {
    const { code, stderr, stdout } = await runCli(["rebalance", "start", "--yes"], { answers });
    expect(code).toBe(0);
    expect(stderr.trim().split("\n")).toEqual([
      "shard 102010 a:5432 -> b:5432: copy, 500 kB of 1.0 MB",
      "shard 102010 a:5432 -> b:5432: build indexes, 500 kB of 1.0 MB",
      "shard 102010 a:5432 -> b:5432: done",
    ]);
    expect(stdout).toContain("me@here");
  });

  it("rebalance start draws bars on a terminal", async () => {
    const { stderr } = await runCli(["rebalance", "start", "plan-1"], { answers, terminal: true });
    expect(stderr).toContain("operation op-1; interrupt to leave it running");
    expect(stderr).toMatch(/█+░+ 50 % 0 of 1 moves, move/);
    expect(stderr).toMatch(/█+░+ 80 % shard 102010 a:5432 -> b:5432: build indexes/);
  });

  it("rebalance start sends the plan, the options of moves and a request id", async () => {
    const asked: { requestId: string }[] = [];
    const args = ["plan-9", "--block-writes", "--moves-per-node", "2", "--abort-on-slo", "--no-wait"];
    await runCli(["rebalance", "start", ...args], {
      answers: {
        StartRebalance: (request) => {
          asked.push(request);
          return DONE;
        },
      },
    });
    expect(asked).toMatchObject([
      {
        planId: "plan-9",
        validateOnly: false,
        options: { transferMode: "TRANSFER_MODE_BLOCK_WRITES", movesPerNode: 2, abortOnSlo: true },
      },
    ]);
    expect(asked[0]?.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("rebalance start does nothing when there is nothing to do", async () => {
    const { code, stdout } = await runCli(["rebalance", "start", "--yes"], {
      answers: { PlanRebalance: () => ({ ...PLAN, moves: [] }) },
    });
    expect(code).toBe(0);
    expect(stdout).toContain("0 moves");
  });

  it("rebalance start refuses a blocked plan before it asks", async () => {
    const warnings = [
      { severity: "SEVERITY_BLOCKING", code: "wal_level", node: "a", message: "not logical" },
    ];
    const { code, stderr } = await runCli(["rebalance", "start"], {
      answers: { PlanRebalance: () => ({ ...PLAN, warnings }) },
    });
    expect(code).toBe(4);
    expect(stderr).toContain("not logical");
  });

  it("a dry run shows what would move, and that nothing was done", async () => {
    const { code, stdout } = await runCli(["rebalance", "start", "plan-1", "--dry-run"], {
      answers: {
        StartRebalance: (request: { readonly validateOnly: boolean }) => {
          expect(request.validateOnly).toBe(true);
          return { ...DONE, id: "" };
        },
      },
    });
    expect(code).toBe(0);
    expect(stdout).toContain("nothing was done");
    expect(stdout).toContain("would move shard 102010 of memory_entries from a:5432 to b:5432");
  });
});

describe("rebalance status and cancel", () => {
  it("rebalance status and cancel find the rebalance under way", async () => {
    const asked: unknown[] = [];
    const answers = {
      ListOperations: (request: never) => {
        asked.push(request);
        return { operations: [operation("RUNNING")] };
      },
      CancelOperation: ({ id }: { readonly id: string }) => ({ ...operation("CANCELLING"), id }),
    };
    expect((await runCli(["rebalance", "status"], { answers })).stdout).toContain("op-1");
    const { stdout } = await runCli(["rebalance", "cancel", "-o", "json"], { answers });
    expect(JSON.parse(stdout)).toMatchObject([{ id: "op-1", state: "cancelling" }]);
    expect(asked).toMatchObject([
      { kind: "rebalance", unfinished: true },
      { kind: "rebalance", unfinished: true },
    ]);
  });

  it("rebalance status and cancel end with 3 when no rebalance is under way", async () => {
    const answers = { ListOperations: () => ({ operations: [] }) };
    expect((await runCli(["rebalance", "status"], { answers })).code).toBe(3);
    expect((await runCli(["rebalance", "cancel"], { answers })).code).toBe(3);
  });
});

describe("changes of nodes, shards and namespaces", () => {
  it.each([
    [["nodes", "add", "n:1", "--standby-of", "2"], "AddNode", { node: "n:1", standbyOfGroup: 2 }],
    [["nodes", "drain", "n:1", "--yes"], "DrainNode", { node: "n:1", options: { abortOnSlo: false } }],
    [["nodes", "restore", "n:1", "--dry-run"], "RestoreNode", { node: "n:1", validateOnly: true }],
    [["nodes", "remove", "n:1", "--yes", "--force"], "RemoveNode", { node: "n:1", force: true }],
    [["shards", "move", "7", "--to", "n:1"], "MoveShard", { shardId: "7", targetNode: "n:1" }],
    [["shards", "split", "7"], "SplitShard", { shardId: "7", splitPoints: [] }],
    [["shards", "split", "7", "--at=-5", "--at", "9"], "SplitShard", { splitPoints: [-5, 9] }],
    [
      ["shards", "split", "7", "--to", "n:1", "--to", "n:2", "--block-writes"],
      "SplitShard",
      { targetNodes: ["n:1", "n:2"], options: { transferMode: "TRANSFER_MODE_BLOCK_WRITES" } },
    ],
    [
      ["namespaces", "isolate", "ns", "-c", "c", "--to", "n:1", "--yes"],
      "IsolateNamespace",
      { collection: "c", namespace: "ns", targetNode: "n:1" },
    ],
    [["namespaces", "pin", "ns", "--to", "n:1"], "UpdateNamespace", { namespace: "ns", pinToNode: "n:1" }],
    [["namespaces", "pin", "ns", "--remove"], "UpdateNamespace", { namespace: "ns", unpin: true }],
  ])("%j calls %s", async (args, method, request) => {
    const asked: unknown[] = [];
    const { code } = await runCli(args, {
      answers: {
        [method]: (message: never) => {
          asked.push(message);
          return DONE;
        },
      },
    });
    expect(code).toBe(0);
    expect(asked).toMatchObject([{ ...request, requestId: expect.stringMatching(/./) }]);
  });

  it.each([
    [["nodes", "drain", "n:1"]],
    [["nodes", "remove", "n:1"]],
    [["namespaces", "isolate", "ns"]],
    [["namespaces", "pin", "ns"]],
    [["namespaces", "pin", "ns", "--to", "n:1", "--remove"]],
    [["shards", "move", "x", "--to", "n:1"]],
    [["shards", "move", "7"]],
    [["shards", "split", "7", "--at", "99999999999"]],
  ])("%j is wrong use, and nothing is called", async (args) => {
    expect((await runCli(args)).code).toBe(2);
  });

  it("a dry run of a split shows where the pieces go and what that costs", async () => {
    const message = "piece 1 of 2 on n:2; disk: n:2 needs about 5 MB";
    const { stdout } = await runCli(["shards", "split", "7", "--dry-run"], {
      answers: { SplitShard: () => ({ ...DONE, id: "", kind: "split_shard", message }) },
    });
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "nothing was done: split_shard may be carried out",
      "piece 1 of 2 on n:2",
      "disk: n:2 needs about 5 MB",
    ]);
  });

  it("a change ends with 4 when the cluster does not allow it", async () => {
    const { code, stderr } = await runCli(["shards", "move", "7", "--to", "n:1"], {
      answers: {
        MoveShard: () => {
          throw new Refused({
            code: "FAILED_PRECONDITION",
            message: "it is there already",
            details: [info("PLACEMENT_REFUSED")],
          });
        },
      },
    });
    expect(code).toBe(4);
    expect(stderr).toContain("PLACEMENT_REFUSED: it is there already");
  });
});
