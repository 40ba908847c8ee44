import { afterAll, beforeAll, expect, it } from "vitest";
import { failureOf, type RpcFixture, startRpc } from "../rpc-fixture.ts";

let rpc: RpcFixture;
beforeAll(async () => {
  rpc = await startRpc();
});
afterAll(() => rpc.stop());

async function wrongFields(service: string, method: string, request: object) {
  const { code, message, details } = await failureOf(rpc.connect(service).call(method, request));
  expect(code).toBe(3);
  return { message, fields: details.BadRequest?.fieldViolations.map(({ field }) => field) };
}

const floats = { floats: { values: [1] } };

it.each([
  [
    "VectorService",
    "Search",
    {
      collection: "No",
      namespaces: ["a", "", "b\u0000"],
      vector: { floats: { values: [0, 1e20] } },
      topK: 5_000,
      minSimilarity: Infinity,
      params: { efSearch: 5_000, oversampling: 1_000 },
    },
    [
      "collection",
      "namespaces[1]",
      "namespaces[2]",
      "vector.floats",
      "top_k",
      "min_similarity",
      "params.ef_search",
      "params.oversampling",
    ],
  ],
  [
    "VectorService",
    "Upsert",
    {
      collection: "No",
      mode: 9,
      records: [
        { namespace: "", key: "", vector: floats, tags: ["a", "", "\u0000"], updatedAt: { seconds: 1 } },
        { namespace: "a", key: "k" },
        { namespace: "a", key: "k", vector: floats, createdAt: { seconds: "999999999999", nanos: -1 } },
      ],
    },
    [
      "collection",
      "mode",
      "records[0].namespace",
      "records[0].key",
      "records[0].updated_at",
      "records[0].tags[1]",
      "records[0].tags[2]",
      "records[2].created_at.seconds",
      "records[2].created_at.nanos",
    ],
  ],
  [
    "VectorService",
    "Upsert",
    {
      records: [
        { namespace: "a", key: "k", version: 3 },
        { namespace: "a", key: "l" },
      ],
    },
    ["records[0].version", "records[0].vector", "records[1].vector"],
  ],
  [
    "VectorService",
    "Delete",
    {
      collection: "No",
      records: [
        { namespace: "a", key: "" },
        { namespace: "", key: "k" },
      ],
    },
    ["records[0].key", "records[1].namespace", "collection"],
  ],
  ["VectorService", "Get", { collection: "No", records: [] }, ["collection", "records"]],
  [
    "VectorService",
    "List",
    { collection: "No", namespace: "", pageSize: 5_000, pageToken: "?" },
    ["collection", "namespace", "page_size", "page_token"],
  ],
  ["VectorService", "Count", { collection: "No" }, ["collection", "namespaces"]],
  [
    "ClusterService",
    "MoveShard",
    {
      requestId: "\u0001",
      shardId: "0",
      targetNode: "no",
      options: { transferMode: 9, movesPerNode: 100 },
    },
    ["request_id", "shard_id", "target_node", "options.transfer_mode", "options.moves_per_node"],
  ],
  [
    "ClusterService",
    "PlanRebalance",
    { strategy: 9, threshold: 100, maxMoves: 0, nodes: ["a:1", "b"], excludedNodes: ["c"] },
    ["strategy", "threshold", "max_moves", "nodes[1]", "excluded_nodes[0]"],
  ],
  [
    "NamespaceService",
    "UpdateNamespace",
    { collection: "No", namespace: "", requestId: "\u0001", pinToNode: "no" },
    ["collection", "namespace", "request_id", "pin_to_node"],
  ],
  ["NamespaceService", "ListNamespaces", { collection: "No", pageSize: 5_000 }, ["collection", "page_size"]],
])("%s/%s names every wrong field, not only the first", async (service, method, request, expected) => {
  const { message, fields } = await wrongFields(service, method, request);
  expect(fields).toEqual(expected);
  expect(message).toMatch(new RegExp(`^${expected[0]?.replaceAll(/[[\].]/g, "\\$&")}: `));
  expect(message).toMatch(new RegExp(` \\(and ${expected.length - 1} more\\)$`));
});

it("names no more than 16 fields of a request in which all are wrong", async () => {
  const records = Array.from({ length: 1_000 }, () => ({ namespace: "", key: "" }));
  const { message, fields } = await wrongFields("VectorService", "Upsert", { records });
  expect(fields).toHaveLength(16);
  expect(message).toMatch(/^records\[0\]\.namespace: must not be empty \(and 15 more\)$/);
});

it("names one wrong field as it always did", async () => {
  const { message, fields } = await wrongFields("VectorService", "Count", {
    collection: "No",
    namespaces: ["a"],
  });
  expect(fields).toEqual(["collection"]);
  expect(message).toBe("collection: must be 1-63 of a-z, 0-9, _ and -, starting with a letter");
});
