import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OrreryError } from "../../../../src/errors.ts";
import type { Operation } from "../../../../src/operations/types.ts";
import type { SearchRequest } from "../../../../src/query/types.ts";
import { type Collection, EMPTY_MAP, type ShardMap } from "../../../../src/topology/shard-map.ts";
import type { UpsertRequest } from "../../../../src/write/types.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { decode, failureOf, type RpcFixture, readStatus, startRpc } from "../rpc-fixture.ts";

const WORDS: Collection = {
  id: 1,
  name: "words",
  table: "c_1",
  dimension: 3,
  metric: "cosine",
  quantization: "half",
  hnsw: { m: 16, efConstruction: 64 },
  shards: [
    { id: 102008, min: -(2 ** 31), max: -1, group: 1 },
    { id: 102009, min: 0, max: 2 ** 31 - 1, group: 2 },
  ],
};
const MAP: ShardMap = {
  epoch: 7,
  clusterId: "cluster",
  nodes: [
    { id: 3, group: 2, name: "b:5432", role: "primary" },
    { id: 2, group: 1, name: "a:5432", role: "primary" },
  ],
  collections: [WORDS, { ...WORDS, id: 2, name: "memory_entries", quantization: "none" }],
};
const OPERATION: Operation = {
  id: "op-1",
  kind: "delete_namespace",
  state: "done",
  stage: "finished",
  fraction: 1,
  message: "deleted 12 records",
  createdAtMs: 1_700_000_000_123,
  updatedAtMs: 1_700_000_001_000,
  finishedAtMs: 1_700_000_001_000,
  coordinator: "c1",
  arguments: { collection: "words", namespace: "a" },
  result: { deleted: 12 },
};
const FAILED: Operation = {
  ...OPERATION,
  id: "op-2",
  state: "failed",
  createdAtMs: 1_700_000_000_124,
  result: undefined,
  error: { code: "NODE_UNAVAILABLE", message: "node a:5432 is down" },
};
const VECTOR = new Float32Array([1, 2, 3]);
const BYTES = Buffer.from(VECTOR.buffer);

let rpc: RpcFixture;
let map = MAP;
const mapListeners = new Set<() => void>();
const searches: SearchRequest[] = [];
const upserts: UpsertRequest[] = [];

beforeEach(() => {
  map = MAP;
});

beforeAll(async () => {
  rpc = await startRpc({
    apis: {
      query: {
        async search(request) {
          searches.push(request);
          if (request.collection === "missing")
            throw new OrreryError("COLLECTION_NOT_FOUND", "no such collection");
          return {
            hits: [
              {
                namespace: "a",
                key: "k",
                similarity: 0.5,
                value: "v",
                metadata: '{"n":1}',
                tags: ["t"],
                vector: VECTOR,
              },
            ],
            completeness: { targetsTotal: 2, targetsOk: 2, failures: [] },
            epoch: 7,
            timings: { planMs: 1, scatterMs: 2, mergeMs: 3, totalMs: 6 },
            profile: [],
          };
        },
        get: async ({ records }) =>
          records.map((ref) => ({
            ...ref,
            value: "v",
            metadata: '{"list":[1,null,true,"x",{"deep":0.1}]}',
            tags: ["t"],
            vector: VECTOR,
            createdAtUs: -1n,
            updatedAtUs: 1_700_000_000_123_456n,
            version: 2n ** 63n - 1n,
          })),
        list: async ({ afterKey, pageSize }) => ({
          records: [],
          nextAfterKey: afterKey === undefined ? `after ${pageSize}` : undefined,
        }),
        count: async () => ({ count: 2n ** 60n, exact: false }),
        listNamespaces: async ({ after, limit }) =>
          ["a", "b", "c"]
            .filter((namespace) => after === undefined || namespace > after)
            .slice(0, limit)
            .map((namespace) => ({ namespace, shardId: 102008, group: 1, estimatedRows: 5 })),
        getNamespace: async ({ namespace }) => ({
          namespace,
          shardId: 102009,
          group: 2,
          rows: 12n,
          exact: namespace === "counted",
          estimatedBytes: 4096n,
        }),
      },
      write: {
        async upsert(request) {
          upserts.push(request);
          return [
            { namespace: "a", key: "k", version: 5n },
            { namespace: "a", key: "l", error: new OrreryError("VERSION_MISMATCH", "has version 4") },
          ];
        },
        delete: async ({ records }) => records.map((ref) => ({ ...ref, version: 9n })),
      },
      admin: {
        createCollection: async (spec, requestedBy = "") => ({
          ...OPERATION,
          requestedBy,
          arguments: { spec: JSON.stringify(spec) },
        }),
        deleteCollection: async (name, requestedBy = "") => ({
          ...OPERATION,
          requestedBy,
          arguments: { name },
        }),
        deleteNamespace: async (collection, namespace, requestedBy = "") => ({
          ...OPERATION,
          requestedBy,
          arguments: { collection, namespace },
        }),
      },
      operations: {
        get: async () => OPERATION,
        list: async () => ({
          operations: [FAILED, OPERATION],
          unreadable: [{ id: "op-x", problem: "its record is no JSON" }],
        }),
        cancel: async () => ({ ...OPERATION, state: "cancelling" }),
        async *watch() {
          yield { ...OPERATION, state: "running" };
          yield OPERATION;
        },
      },
      cluster: {
        engine: "citus",
        storeKind: "etcd",
        rows: { shardRows: (_, shard) => (shard === 102008 ? 41.6 : undefined) },
        currentMap: () => map,
        findCollection: async (name) => {
          if (name !== "words") throw new OrreryError("COLLECTION_NOT_FOUND", name);
          return WORDS;
        },
        onMapChange(listener) {
          mapListeners.add(listener);
          return () => mapListeners.delete(listener);
        },
        storeReachable: () => false,
        isLeader: () => true,
        nodeHealth: (node) => (node === 2 ? { answeredAtMs: Date.now() - 5000 } : { error: "refused" }),
        coordinators: async () => [{ id: "c1", address: "h:1", version: "0.1.0", epoch: 7 }],
        findings: () => [{ node: "a:5432", problem: "differs" }],
      },
    },
  });
});
afterAll(() => rpc.stop());

const call = async (service: string, method: string, request: object = {}) =>
  (await rpc.connect(service).call(method, request)).response;
const vectors = (method: string, request: object) => call("VectorService", method, request);

describe("VectorService", () => {
  it("passes a Search on with the defaults, and answers with the hits", async () => {
    const response = await vectors("Search", {
      namespaces: ["a", "b", "a", "'; DROP TABLE memory_entries; --"],
      vector: { floats: { values: [1, 2, 3] } },
    });
    expect(searches.at(-1)).toEqual({
      collection: "memory_entries",
      scope: { kind: "namespaces", namespaces: ["a", "b", "'; DROP TABLE memory_entries; --"] },
      query: { kind: "vector", vector: VECTOR },
      topK: 10,
      minSimilarity: undefined,
      params: {},
      allowPartial: false,
      include: { value: true, metadata: false, vector: false },
      includeProfile: false,
    });
    expect(response).toMatchObject({
      hits: [
        {
          namespace: "a",
          key: "k",
          similarity: 0.5,
          value: "v",
          metadata: { fields: { n: { numberValue: 1 } } },
          tags: ["t"],
          vector: { f32Le: BYTES },
        },
      ],
      completeness: { targetsTotal: 2, targetsOk: 2, complete: true, failures: [] },
      epoch: "7",
      timings: { planMs: 1, scatterMs: 2, mergeMs: 3, totalMs: 6 },
      profile: null,
    });
  });

  it("passes every option of a Search on", async () => {
    await vectors("Search", {
      collection: "words",
      allNamespaces: true,
      record: { namespace: "a", key: "k" },
      topK: 1000,
      minSimilarity: 0,
      params: { efSearch: 1000, exact: true, oversampling: 1.5, rescore: false },
      allowPartial: true,
      includeValue: false,
      includeMetadata: true,
      includeVector: true,
      includeProfile: true,
    });
    expect(searches.at(-1)).toEqual({
      collection: "words",
      scope: { kind: "all" },
      query: { kind: "record", record: { namespace: "a", key: "k" } },
      topK: 1000,
      minSimilarity: 0,
      params: { efSearch: 1000, exact: true, oversampling: 1.5, rescore: false },
      allowPartial: true,
      include: { value: false, metadata: true, vector: true },
      includeProfile: true,
    });
  });

  it("answers each search of a SearchBatch with its response or its error, in order", async () => {
    const query = { allNamespaces: true, record: { namespace: "a", key: "k" } };
    const { results } = await vectors("SearchBatch", {
      requests: [query, { ...query, collection: "missing" }, { ...query, topK: 0 }, query],
    });
    expect(results.map(Object.keys)).toEqual([["response"], ["error"], ["error"], ["response"]]);
    expect(results[0].response).toMatchObject({ hits: [{ key: "k" }], epoch: "7" });
    expect(readStatus(results[1].error)).toMatchObject({
      code: 5,
      details: { ErrorInfo: { reason: "COLLECTION_NOT_FOUND" } },
    });
    expect(readStatus(results[2].error).details.BadRequest?.fieldViolations).toMatchObject([
      { field: "top_k" },
    ]);
    expect([...rpc.batched].sort()).toEqual(["INVALID_ARGUMENT", "NOT_FOUND", "OK", "OK"]);
  });

  it("answers a Get with all fields of a record", async () => {
    const { records } = await vectors("Get", { records: [{ namespace: "a", key: "k" }] });
    expect(records).toMatchObject([
      {
        namespace: "a",
        key: "k",
        value: "v",
        tags: ["t"],
        vector: { f32Le: BYTES },
        createdAt: { seconds: "-1", nanos: 999_999_000 },
        updatedAt: { seconds: "1700000000", nanos: 123_456_000 },
        version: "9223372036854775807",
      },
    ]);
    expect(records[0].metadata.fields.list.listValue.values).toMatchObject([
      { numberValue: 1 },
      { nullValue: "NULL_VALUE" },
      { boolValue: true },
      { stringValue: "x" },
      { structValue: { fields: { deep: { numberValue: 0.1 } } } },
    ]);
  });

  it("continues a List from its token, and refuses the token of another namespace", async () => {
    const first = await vectors("List", { namespace: "a", pageSize: 3 });
    const { nextPageToken: pageToken } = first;
    expect(await vectors("List", { namespace: "a", pageToken })).toMatchObject({ nextPageToken: "" });
    const { details } = await failureOf(vectors("List", { namespace: "b", pageToken }));
    expect(details.BadRequest?.fieldViolations).toMatchObject([{ field: "page_token" }]);
  });

  it("answers a Count with a number beyond the precision of doubles", async () => {
    expect(await vectors("Count", { allNamespaces: true })).toEqual({
      count: "1152921504606846976",
      exact: false,
    });
  });

  it("passes the records of an Upsert on and reports what became of each", async () => {
    const { results } = await vectors("Upsert", {
      collection: "words",
      mode: "WRITE_MODE_IF_VERSION",
      records: [
        {
          namespace: "a",
          key: "k",
          value: "",
          metadata: { fields: { list: { listValue: { values: [{ nullValue: 0 }, { numberValue: 0.1 }] } } } },
          tags: ["t"],
          vector: { f32Le: BYTES },
          createdAt: { seconds: "1700000000", nanos: 123_456_789 },
          version: "9223372036854775807",
        },
        { namespace: "a", key: "l", vector: { f32Le: BYTES } },
      ],
    });
    expect(upserts.at(-1)).toEqual({
      collection: "words",
      mode: "if_version",
      records: [
        {
          namespace: "a",
          key: "k",
          value: "",
          metadata: '{"list":[null,0.1]}',
          tags: ["t"],
          vector: VECTOR,
          createdAtUs: 1_700_000_000_123_456n,
          version: 2n ** 63n - 1n,
        },
        { namespace: "a", key: "l", vector: VECTOR, version: 0n },
      ],
    });
    expect(results).toMatchObject([
      { namespace: "a", key: "k", version: "5", status: { code: 0 } },
      { namespace: "a", key: "l", version: "0" },
    ]);
    expect(readStatus(results[1].status)).toMatchObject({
      code: 10,
      message: "has version 4",
      details: { ErrorInfo: { reason: "VERSION_MISMATCH" } },
    });
  });

  it("accepts records without a vector in an Upsert that updates", async () => {
    await vectors("Upsert", {
      mode: "WRITE_MODE_UPDATE",
      records: [{ namespace: "a", key: "k", value: "new" }],
    });
    expect(upserts.at(-1)).toEqual({
      collection: "memory_entries",
      mode: "update",
      records: [{ namespace: "a", key: "k", value: "new" }],
    });
  });

  it("reports what became of each record of a Delete", async () => {
    const { results } = await vectors("Delete", { records: [{ namespace: "a", key: "k" }] });
    expect(results).toMatchObject([{ namespace: "a", key: "k", version: "9", status: { code: 0 } }]);
  });
});

describe("CollectionService", () => {
  it("shows collections, by name and page by page", async () => {
    const words = {
      name: "words",
      dimension: 3,
      quantization: "QUANTIZATION_HALF",
      hnsw: { m: 16, efConstruction: 64 },
      shardCount: 2,
    };
    expect(await call("CollectionService", "GetCollection", { name: "words" })).toMatchObject(words);
    const first = await call("CollectionService", "ListCollections", { pageSize: 1 });
    expect(first.collections).toMatchObject([{ name: "memory_entries", quantization: "QUANTIZATION_NONE" }]);
    const second = await call("CollectionService", "ListCollections", { pageToken: first.nextPageToken });
    expect(second).toMatchObject({ collections: [words], nextPageToken: "" });
  });

  it("answers NOT_FOUND for an unknown collection", async () => {
    expect((await failureOf(call("CollectionService", "GetCollection", { name: "none" }))).code).toBe(5);
  });

  it("creates a collection with the defaults, and deletes it", async () => {
    const created = await call("CollectionService", "CreateCollection", {
      collection: { name: "new", dimension: 4000, quantization: "QUANTIZATION_HALF" },
    });
    expect(JSON.parse(created.arguments.fields.spec.stringValue)).toEqual({
      name: "new",
      dimension: 4000,
      metric: "cosine",
      quantization: "half",
      hnsw: { m: 16, efConstruction: 64 },
    });
    const deleted = await call("CollectionService", "DeleteCollection", { name: "words" });
    expect(deleted.arguments.fields.name.stringValue).toBe("words");
    for (const { requestedBy } of [created, deleted]) expect(requestedBy).toMatch(/^127\.0\.0\.1:\d+$/);
  });
});

describe("NamespaceService", () => {
  it("lists namespaces page by page", async () => {
    const first = await call("NamespaceService", "ListNamespaces", { pageSize: 2 });
    expect(first.namespaces).toMatchObject([
      { name: "a", shardId: "102008", groupId: 1, estimatedRows: "5" },
      { name: "b" },
    ]);
    const second = await call("NamespaceService", "ListNamespaces", { pageToken: first.nextPageToken });
    expect(second).toMatchObject({ namespaces: [{ name: "c" }], nextPageToken: "" });
  });

  it("shows a namespace, counted or estimated", async () => {
    const counted = await call("NamespaceService", "GetNamespace", { namespace: "counted" });
    expect(counted).toMatchObject({
      name: "counted",
      shardId: "102009",
      rows: "12",
      estimatedBytes: "4096",
    });
    expect(counted).not.toHaveProperty("estimated_rows");
    const estimated = await call("NamespaceService", "GetNamespace", { namespace: "other" });
    expect(estimated).toMatchObject({ estimatedRows: "12" });
    expect(estimated).not.toHaveProperty("rows");
  });

  it("deletes a namespace", async () => {
    const { arguments: given, requestedBy } = await call("NamespaceService", "DeleteNamespace", {
      namespace: "a",
    });
    expect(requestedBy).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(given.fields).toMatchObject({
      collection: { stringValue: "memory_entries" },
      namespace: { stringValue: "a" },
    });
  });
});

describe("ClusterService", () => {
  it("shows the cluster as this coordinator sees it", async () => {
    const status = await call("ClusterService", "GetClusterStatus");
    expect(status).toMatchObject({
      engine: "citus",
      clusterId: "cluster",
      epoch: "7",
      mapStore: "etcd",
      mapStoreReachable: false,
      leader: true,
      coordinators: [{ id: "c1", address: "h:1", version: "0.1.0", epoch: "7" }],
      findings: ["a:5432: differs"],
    });
    expect(status.nodes).toHaveLength(2);
  });

  it("shows the shard map, its nodes and its shards", async () => {
    const shown = await call("ClusterService", "GetShardMap");
    expect(shown).toMatchObject({ epoch: "7", clusterId: "cluster" });
    expect(shown.shards).toHaveLength(4);
    const { nodes } = await call("ClusterService", "ListNodes");
    expect(nodes).toMatchObject([
      { id: 2, groupId: 1, name: "a:5432", role: "NODE_ROLE_PRIMARY", shardCount: 2, lastError: "" },
      { id: 3, lastError: "refused" },
    ]);
    expect(nodes[0].secondsSinceAnswer).toBeCloseTo(5, 0);
    expect(nodes[1]).not.toHaveProperty("seconds_since_answer");
    const first = await call("ClusterService", "ListShards", { collection: "words", pageSize: 1 });
    expect(first.shards).toMatchObject([
      {
        id: "102008",
        collection: "words",
        hashMin: -(2 ** 31),
        hashMax: -1,
        groupId: 1,
        estimatedRows: "42",
      },
    ]);
    const second = await call("ClusterService", "ListShards", {
      collection: "words",
      pageToken: first.nextPageToken,
    });
    expect(second).toMatchObject({ shards: [{ id: "102009", hashMin: 0 }], nextPageToken: "" });
    expect(second.shards[0]).not.toHaveProperty("estimated_rows");
  });

  it("sends the present map and every newer one to a watch, and leaves nothing behind when it is cancelled", async () => {
    const epochs: string[] = [];
    const watch = rpc.connect("ClusterService").stream("WatchShardMap", {});
    watch.on("data", ({ epoch }: { epoch: string }) => epochs.push(epoch));
    watch.on("error", () => {});
    await waitFor(() => epochs.length > 0, { what: "the present map" });
    map = { ...EMPTY_MAP, epoch: 8 };
    for (const listener of mapListeners) listener();
    await waitFor(() => epochs.length > 1, { what: "the newer map" });
    expect(epochs).toEqual(["7", "8"]);
    watch.cancel();
    await waitFor(() => mapListeners.size === 0, { what: "no listener" });
    await waitFor(() => rpc.running() === 0, { what: "the end of the watch" });
    expect(rpc.finished.at(-1)).toMatchObject({
      method: "orrery.v1.ClusterService/WatchShardMap",
      code: "CANCELLED",
    });
  });
});

describe("OperationService", () => {
  const id = "op-1";

  it("shows an operation with its result", async () => {
    const shown = await call("OperationService", "GetOperation", { id });
    expect(shown).toMatchObject({
      id,
      kind: "delete_namespace",
      state: "OPERATION_STATE_DONE",
      stage: "finished",
      fraction: 1,
      message: "deleted 12 records",
      createTime: { seconds: "1700000000", nanos: 123_000_000 },
      endTime: { seconds: "1700000001" },
      error: null,
      arguments: { fields: { collection: { stringValue: "words" }, namespace: { stringValue: "a" } } },
      result: { type_url: "type.googleapis.com/google.protobuf.Struct" },
    });
    expect(decode("google.protobuf.Struct", shown.result.value)).toMatchObject({
      fields: { deleted: { numberValue: 12 } },
    });
  });

  it("lists the newest operations first, failed ones with their error", async () => {
    const first = await call("OperationService", "ListOperations", { pageSize: 1 });
    expect(first.operations).toMatchObject([{ id: "op-2", state: "OPERATION_STATE_FAILED", result: null }]);
    expect(readStatus(first.operations[0].error)).toMatchObject({
      code: 14,
      message: "node a:5432 is down",
      details: { ErrorInfo: { reason: "NODE_UNAVAILABLE" } },
    });
    const second = await call("OperationService", "ListOperations", { pageToken: first.nextPageToken });
    expect(second).toMatchObject({ operations: [{ id }], nextPageToken: "" });
    for (const { unreadable } of [first, second]) {
      expect(unreadable).toEqual([{ id: "op-x", problem: "its record is no JSON" }]);
    }
  });

  it("cancels an operation, and watches it until its end", async () => {
    expect(await call("OperationService", "CancelOperation", { id })).toMatchObject({
      state: "OPERATION_STATE_CANCELLING",
    });
    const states: string[] = [];
    const watch = rpc.connect("OperationService").stream("WatchOperation", { id });
    watch.on("data", ({ state }: { state: string }) => states.push(state));
    await new Promise((resolve, reject) => watch.on("end", resolve).on("error", reject));
    expect(states).toEqual(["OPERATION_STATE_RUNNING", "OPERATION_STATE_DONE"]);
  });

  it("fails a watch of a bad request with its status", async () => {
    const watch = rpc.connect("OperationService").stream("WatchOperation", {});
    watch.on("data", () => {});
    const { code, details } = await failureOf(new Promise((_, reject) => watch.on("error", reject)));
    expect({ code, fields: details.BadRequest?.fieldViolations.length }).toEqual({ code: 3, fields: 1 });
  });
});
