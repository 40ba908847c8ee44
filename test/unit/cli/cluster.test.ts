import { describe, expect, it } from "vitest";
import { toStruct } from "../../../src/cli/values.ts";
import { info, recordStatus } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

const RUNNING = {
  id: "op-1",
  kind: "delete_namespace",
  state: "OPERATION_STATE_RUNNING",
  stage: "delete",
  fraction: 0.5,
  createTime: { seconds: 1, nanos: 0 },
  updateTime: { seconds: 2, nanos: 0 },
  arguments: toStruct({ namespace: "ns" }),
};
const DONE = { ...RUNNING, state: "OPERATION_STATE_DONE", fraction: 1, endTime: { seconds: 3, nanos: 0 } };
const FAILED = {
  ...DONE,
  state: "OPERATION_STATE_FAILED",
  error: recordStatus("UNAVAILABLE", "node a is down", info("NODE_UNAVAILABLE")),
};

describe("commands that start an operation", () => {
  it("a command that starts an operation waits for its end", async () => {
    const { code, stdout } = await runCli(["namespaces", "delete", "ns", "--yes", "-o", "json"], {
      answers: { DeleteNamespace: () => RUNNING, WatchOperation: () => [RUNNING, DONE] },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ id: "op-1", state: "done", arguments: { namespace: "ns" } }]);
  });

  it("a command does not wait for an operation that is finished", async () => {
    const { code } = await runCli(["collections", "delete", "c", "--yes"], {
      answers: { DeleteCollection: () => DONE },
    });
    expect(code).toBe(0);
  });

  it("a command ends with the code of its operation's failure", async () => {
    const { code, stderr } = await runCli(["collections", "create", "c", "--dimension", "3"], {
      answers: { CreateCollection: () => RUNNING, WatchOperation: () => [FAILED] },
    });
    expect(code).toBe(5);
    expect(stderr).toContain("operation op-1 failed: NODE_UNAVAILABLE: node a is down");
  });

  it("a command ends with 5 when the watch ends before the operation", async () => {
    const { code, stderr } = await runCli(["collections", "delete", "c", "--yes"], {
      answers: { DeleteCollection: () => RUNNING, WatchOperation: () => [RUNNING] },
    });
    expect(code).toBe(5);
    expect(stderr).toContain("goes on");
  });

  it.each([["namespaces"], ["collections"]])(
    "%s delete wants --yes where there is no terminal to ask on",
    async (what) => {
      expect((await runCli([what, "delete", "x"])).code).toBe(2);
    },
  );
});

it("collections create sends the options given and nothing else", async () => {
  const seen: object[] = [];
  await runCli(
    ["collections", "create", "c", "-d", "3", "-q", "half", "--metric", "l2", "--index", "hnsw", "--m", "8"],
    {
      answers: {
        CreateCollection: (request: object) => {
          seen.push(request);
          return DONE;
        },
      },
    },
  );
  expect(seen).toEqual([
    {
      collection: {
        name: "c",
        dimension: 3,
        metric: "METRIC_L2",
        index: "VECTOR_INDEX_KIND_HNSW",
        quantization: "QUANTIZATION_HALF",
        hnsw: { m: 8 },
        shardCount: 0,
        filterIndexes: [],
        inlineVectors: false,
        lacks: [],
      },
    },
  ]);
});

it("operations watch prints every state as it comes and fails with the operation", async () => {
  const answers = { WatchOperation: () => [RUNNING, FAILED] };
  const { code, stdout } = await runCli(["operations", "watch", "op-1"], { answers });
  expect(stdout).toBe("running 50 % delete\nfailed 100 % delete\n");
  expect(code).toBe(5);
  const json = await runCli(["operations", "watch", "op-1", "-o", "json"], { answers });
  expect(
    json.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).state),
  ).toEqual(["running", "failed"]);
});

describe("lists", () => {
  it.each([
    [
      ["collections", "list"],
      { ListCollections: () => ({ collections: [{ name: "words", dimension: 100 }] }) },
      /words +100/,
    ],
    [
      ["namespaces", "list"],
      { ListNamespaces: () => ({ namespaces: [{ name: "ns", estimatedRows: 12 }] }) },
      /ns .* 12/,
    ],
    [["namespaces", "show", "ns"], { GetNamespace: () => ({ name: "ns", rows: 12 }) }, /ns .* 12/],
    [
      ["shards", "list"],
      { ListShards: () => ({ shards: [{ id: 102008, collection: "c", hashMin: -5 }] }) },
      /102008 +c +-5/,
    ],
    [
      ["operations", "list"],
      { ListOperations: () => ({ operations: [DONE] }) },
      /op-1 +delete_namespace +done/,
    ],
    [["operations", "show", "op-1"], { GetOperation: () => RUNNING }, /op-1 +delete_namespace +running/],
    [["operations", "cancel", "op-1"], { CancelOperation: () => RUNNING }, /op-1/],
  ])("%j lists what the service has", async (args, answers, row) => {
    const { code, stdout } = await runCli(args, { answers });
    expect(code).toBe(0);
    expect(stdout).toMatch(row);
  });

  it("lists take all pages", async () => {
    const { stdout } = await runCli(["nodes", "list", "-o", "json"], {
      answers: {
        ListNodes: ({ pageToken }: { pageToken: string }) =>
          pageToken === ""
            ? { nodes: [{ id: 1, role: "NODE_ROLE_PRIMARY" }], nextPageToken: "p2" }
            : { nodes: [{ id: 2, role: "NODE_ROLE_STANDBY" }] },
      },
    });
    expect(JSON.parse(stdout)).toMatchObject([
      { id: 1, role: "primary" },
      { id: 2, role: "standby" },
    ]);
  });
});

it("map show and map watch print maps", async () => {
  const map = {
    epoch: 3,
    clusterId: "c1",
    nodes: [{ id: 1, name: "a:1", role: "NODE_ROLE_PRIMARY" }],
    shards: [{ id: 9 }],
  };
  const shown = await runCli(["map", "show"], { answers: { GetShardMap: () => map } });
  expect(shown.stdout).toMatch(/3 +c1 +1 +1/);
  expect(shown.stdout).toContain("a:1");
  const watched = await runCli(["map", "watch"], {
    answers: { WatchShardMap: () => [map, { ...map, epoch: 4 }] },
  });
  expect(watched.stdout).toBe(
    "epoch 3 of cluster c1: 1 nodes, 1 shards\nepoch 4 of cluster c1: 1 nodes, 1 shards\n",
  );
});

it("operations list warns of records that cannot be read, and lists the others", async () => {
  const unreadable = [{ id: "op-x", problem: "operation op-x cannot be read: its record is no JSON" }];
  const answers = { ListOperations: () => ({ operations: [DONE], unreadable }) };
  const { code, stdout, stderr } = await runCli(["operations", "list"], { answers });
  expect({ code, stderr }).toEqual({ code: 0, stderr: `${unreadable[0]?.problem}\n` });
  expect(stdout).toMatch(/op-1/);
});
