import protobuf from "protobufjs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { failureOf, type RpcClient, type RpcFixture, startRpc } from "../rpc-fixture.ts";

const INVALID_ARGUMENT = 3;
const MAX_MESSAGE_BYTES = 512 * 1024;

let rpc: RpcFixture;
let vectors: RpcClient;

beforeAll(async () => {
  rpc = await startRpc({ rpc: { maxMessageBytes: MAX_MESSAGE_BYTES }, limits: { valueBytes: 100_000 } });
  vectors = rpc.connect("VectorService");
});
afterAll(() => rpc.stop());
beforeEach(() => {
  rpc.called.length = 0;
});

/** The call must fail with INVALID_ARGUMENT naming `field`, and nothing behind the rpc layer is asked. */
async function expectRefused(call: Promise<unknown>, field: string) {
  const { code, message, details } = await failureOf(call);
  expect({ code, fields: details.BadRequest?.fieldViolations.map((violation) => violation.field) }).toEqual({
    code: INVALID_ARGUMENT,
    fields: [field],
  });
  expect(message).toContain(field);
  expect(details.ErrorInfo).toMatchObject({ reason: "INVALID_REQUEST", domain: "orrery" });
  expect(rpc.called).toEqual([]);
}

const floats = (...numbers: number[]) => Buffer.from(new Float32Array(numbers).buffer);
const search = { namespaces: ["a"], vector: { f32Le: floats(1, 2) } };
const record = { namespace: "a", key: "k", vector: { f32Le: floats(1, 2) } };
const metadata = (value: object) => ({ fields: { a: { structValue: { fields: { b: value } } } } });

function nested(levels: number): object {
  let value: object = { numberValue: 1 };
  for (let level = 1; level < levels; level += 1) value = { listValue: { values: [value] } };
  return { fields: { a: value } };
}

describe("Search refuses", () => {
  const cases: readonly (readonly [what: string, request: object, field: string])[] = [
    [
      "f32_le of a length not divisible by 4",
      { ...search, vector: { f32Le: Buffer.alloc(7) } },
      "vector.f32_le",
    ],
    ["empty f32_le", { ...search, vector: { f32Le: Buffer.alloc(0) } }, "vector.f32_le"],
    ["a vector without data", { ...search, vector: {} }, "vector"],
    ["empty floats", { ...search, vector: { floats: { values: [] } } }, "vector.floats"],
    ["NaN in f32_le", { ...search, vector: { f32Le: floats(1, Number.NaN) } }, "vector.f32_le"],
    ["infinity in f32_le", { ...search, vector: { f32Le: floats(1, -Infinity) } }, "vector.f32_le"],
    ["NaN in floats", { ...search, vector: { floats: { values: [Number.NaN, 1] } } }, "vector.floats"],
    ["infinity in floats", { ...search, vector: { floats: { values: [1, Infinity] } } }, "vector.floats"],
    ["a vector too long for float32", { ...search, vector: { f32Le: floats(1e20) } }, "vector.f32_le"],
    ["no query", { namespaces: ["a"] }, "query"],
    ["top_k 0", { ...search, topK: 0 }, "top_k"],
    ["top_k over the limit", { ...search, topK: 1001 }, "top_k"],
    ["ef_search 0", { ...search, params: { efSearch: 0 } }, "params.ef_search"],
    ["ef_search over the limit", { ...search, params: { efSearch: 1001 } }, "params.ef_search"],
    ["recall_target below 0.5", { ...search, params: { recallTarget: 0.4 } }, "params.recall_target"],
    ["recall_target over 1", { ...search, params: { recallTarget: 1.01 } }, "params.recall_target"],
    ["recall_target NaN", { ...search, params: { recallTarget: Number.NaN } }, "params.recall_target"],
    [
      "recall_target beside ef_search",
      { ...search, params: { recallTarget: 0.9, efSearch: 40 } },
      "params.recall_target",
    ],
    [
      "recall_target without rescoring",
      { ...search, params: { recallTarget: 0.9, rescore: false } },
      "params.recall_target",
    ],
    ["oversampling below 1", { ...search, params: { oversampling: 0.5 } }, "params.oversampling"],
    ["oversampling NaN", { ...search, params: { oversampling: Number.NaN } }, "params.oversampling"],
    ["oversampling infinite", { ...search, params: { oversampling: Infinity } }, "params.oversampling"],
    ["min_similarity infinite", { ...search, minSimilarity: Infinity }, "min_similarity"],
    ["min_similarity NaN", { ...search, minSimilarity: Number.NaN }, "min_similarity"],
    ["neither namespaces nor all_namespaces", { ...search, namespaces: [] }, "namespaces"],
    ["both namespaces and all_namespaces", { ...search, allNamespaces: true }, "all_namespaces"],
    ["an empty namespace", { ...search, namespaces: ["a", ""] }, "namespaces[1]"],
    ["a namespace of 256 bytes", { ...search, namespaces: ["ä".repeat(128)] }, "namespaces[0]"],
    ["U+0000 in a namespace", { ...search, namespaces: ["a\u0000"] }, "namespaces[0]"],
    ["U+001F in a namespace", { ...search, namespaces: ["a\u001fh03"] }, "namespaces[0]"],
    ["U+007F in a namespace", { ...search, namespaces: ["a\u007f"] }, "namespaces[0]"],
    ["U+009F in a namespace", { ...search, namespaces: ["a\u009f"] }, "namespaces[0]"],
    [
      "10,000 namespaces",
      { ...search, namespaces: Array.from({ length: 10_000 }, (_, i) => `n${i}`) },
      "namespaces",
    ],
    ["a record without key", { namespaces: ["a"], record: { namespace: "a" } }, "record.key"],
    [
      "a record with an over-long key",
      { namespaces: ["a"], record: { namespace: "a", key: "k".repeat(1025) } },
      "record.key",
    ],
    ["a collection made of SQL", { ...search, collection: "x; DROP TABLE memory_entries" }, "collection"],
    ["a collection of 64 characters", { ...search, collection: "c".repeat(64) }, "collection"],
  ];
  it.each(cases)("refuses a Search with %s", (_, request, field) =>
    expectRefused(vectors.call("Search", request), field),
  );
});

describe("Upsert refuses", () => {
  const cases: readonly (readonly [what: string, request: object, field: string])[] = [
    ["no records", { records: [] }, "records"],
    [
      "1,001 records",
      { records: Array.from({ length: 1001 }, (_, i) => ({ ...record, key: `${i}` })) },
      "records",
    ],
    ["a record without vector", { records: [record, { namespace: "a", key: "l" }] }, "records[1].vector"],
    [
      "a bad vector",
      { records: [{ ...record, vector: { f32Le: Buffer.alloc(5) } }] },
      "records[0].vector.f32_le",
    ],
    ["an empty namespace", { records: [{ ...record, namespace: "" }] }, "records[0].namespace"],
    ["an empty key", { records: [{ ...record, key: "" }] }, "records[0].key"],
    ["a key of 1,025 bytes", { records: [{ ...record, key: "k".repeat(1025) }] }, "records[0].key"],
    ["a control character in a key", { records: [{ ...record, key: "a\nb" }] }, "records[0].key"],
    ["the same key twice", { records: [record, { ...record, namespace: "b" }, record] }, "records[2].key"],
    ["U+0000 in a value", { records: [{ ...record, value: "a\0" }] }, "records[0].value"],
    ["a value over the limit", { records: [{ ...record, value: "v".repeat(100_001) }] }, "records[0].value"],
    ["too many tags", { records: [{ ...record, tags: Array(65).fill("t") }] }, "records[0].tags"],
    ["an empty tag", { records: [{ ...record, tags: ["t", ""] }] }, "records[0].tags[1]"],
    ["an over-long tag", { records: [{ ...record, tags: ["t".repeat(256)] }] }, "records[0].tags[0]"],
    ["U+0000 in a tag", { records: [{ ...record, tags: ["a\0"] }] }, "records[0].tags[0]"],
    [
      "U+0000 in metadata",
      { records: [{ ...record, metadata: metadata({ stringValue: "\0" }) }] },
      "records[0].metadata.a.b",
    ],
    [
      "NaN in metadata",
      { records: [{ ...record, metadata: metadata({ numberValue: Number.NaN }) }] },
      "records[0].metadata.a.b",
    ],
    [
      "infinity in metadata",
      {
        records: [
          {
            ...record,
            metadata: metadata({ listValue: { values: [{ numberValue: Infinity }] } }),
          },
        ],
      },
      "records[0].metadata.a.b[0]",
    ],
    [
      "metadata without a kind",
      { records: [{ ...record, metadata: metadata({}) }] },
      "records[0].metadata.a.b",
    ],
    [
      "metadata over 64 KiB",
      { records: [{ ...record, metadata: metadata({ stringValue: "x".repeat(65_536) }) }] },
      "records[0].metadata",
    ],
    [
      "metadata 33 levels deep",
      { records: [{ ...record, metadata: nested(33) }] },
      `records[0].metadata.a${"[0]".repeat(31)}`,
    ],
    ["updated_at", { records: [{ ...record, updatedAt: { seconds: 1 } }] }, "records[0].updated_at"],
    ["a version without if_version", { records: [{ ...record, version: 3 }] }, "records[0].version"],
    [
      "a version beyond bigint",
      { records: [{ ...record, version: "9223372036854775808" }], mode: 4 },
      "records[0].version",
    ],
    [
      "created_at after the year 9999",
      { records: [{ ...record, createdAt: { seconds: "253402300800" } }] },
      "records[0].created_at.seconds",
    ],
    [
      "created_at with nanos over a second",
      { records: [{ ...record, createdAt: { nanos: 1_000_000_000 } }] },
      "records[0].created_at.nanos",
    ],
    ["an unknown mode", { records: [record], mode: 9 }, "mode"],
  ];
  it.each(cases)("refuses an Upsert with %s", (_, request, field) =>
    expectRefused(vectors.call("Upsert", request), field),
  );
});

describe("other methods refuse", () => {
  const collection = { name: "c", dimension: 3 };
  const cases: readonly (readonly [service: string, method: string, request: object, field: string])[] = [
    ["VectorService", "Get", { records: [] }, "records"],
    ["VectorService", "Get", { records: [{ namespace: "a", key: "\u0085" }] }, "records[0].key"],
    [
      "VectorService",
      "Delete",
      { records: [record, record].map(({ namespace, key }) => ({ namespace, key })) },
      "records[1].key",
    ],
    ["VectorService", "List", { namespace: "" }, "namespace"],
    ["VectorService", "List", { namespace: "a", pageSize: 1001 }, "page_size"],
    ["VectorService", "List", { namespace: "a", pageSize: -1 }, "page_size"],
    ["VectorService", "List", { namespace: "a", pageToken: "not a token" }, "page_token"],
    ["VectorService", "Count", {}, "namespaces"],
    ["VectorService", "SearchBatch", { requests: [] }, "requests"],
    ["VectorService", "SearchBatch", { requests: Array(101).fill(search) }, "requests"],
    ["NamespaceService", "GetNamespace", { namespace: "n".repeat(256) }, "namespace"],
    ["NamespaceService", "DeleteNamespace", { namespace: "" }, "namespace"],
    ["NamespaceService", "ListNamespaces", { pageToken: "e30" }, "page_token"],
    ["CollectionService", "CreateCollection", {}, "collection"],
    [
      "CollectionService",
      "CreateCollection",
      { collection: { ...collection, quantization: 7 } },
      "collection.quantization",
    ],
    ["CollectionService", "GetCollection", { name: "" }, "name"],
    ["ClusterService", "ListShards", { collection: "no such\u0000name" }, "collection"],
    ["OperationService", "GetOperation", { id: "" }, "id"],
  ];
  it.each(cases)("refuses %s/%s %j", async (service, method, request, field) => {
    await expectRefused(rpc.connect(service).call(method, request), field);
  });
});

describe("a message", () => {
  const path = (method: string) => `/orrery.v1.VectorService/${method}`;
  const NOT_UTF8 = Buffer.from([0x61, 0xc3, 0x28]);

  /** Fields of length-delimited values. */
  const fields = (...pairs: [number: number, value: Buffer][]) => {
    const writer = protobuf.Writer.create();
    for (const [number, value] of pairs) writer.uint32((number << 3) | 2).bytes(value);
    return Buffer.from(writer.finish());
  };

  it("refuses invalid UTF-8 naming the field, in the generated decoders too", async () => {
    const query = fields([1, floats(1)]);
    await expectRefused(vectors.send(path("Search"), fields([2, NOT_UTF8], [4, query])), "namespaces[0]");
    await expectRefused(vectors.send(path("Count"), fields([2, NOT_UTF8])), "namespaces[0]");
    await expectRefused(
      vectors.send(path("Get"), fields([2, fields([1, Buffer.from("a")], [2, NOT_UTF8])])),
      "records[0].key",
    );
    const upsert = (...pairs: [number, Buffer][]) =>
      fields([
        2,
        fields([1, Buffer.from("a")], [2, Buffer.from("k")], [6, fields([1, floats(1)])], ...pairs),
      ]);
    await expectRefused(vectors.send(path("Upsert"), upsert([3, NOT_UTF8])), "records[0].value");
    await expectRefused(vectors.send(path("Upsert"), upsert([5, NOT_UTF8])), "records[0].tags[0]");
    const entry = fields([1, Buffer.from("x")], [2, fields([3, NOT_UTF8])]);
    await expectRefused(
      vectors.send(path("Upsert"), upsert([4, fields([1, entry])])),
      "records[0].metadata.x",
    );
  });

  it("accepts U+FFFD itself in a text", async () => {
    const { code, message } = await failureOf(vectors.call("Search", { ...search, namespaces: ["a\ufffd"] }));
    expect({ code, called: rpc.called }).toEqual({ code: 13, called: ["query.search"] });
    expect(message).toContain("internal error");
  });

  it("answers INVALID_ARGUMENT to bytes that are not protobuf", async () => {
    for (const method of ["Search", "Upsert", "SearchBatch", "Get", "List"]) {
      const { code, details } = await failureOf(vectors.send(path(method), Buffer.from([0x0a, 0xff, 0x01])));
      expect({ method, code, reason: details.ErrorInfo?.reason }).toEqual({
        method,
        code: INVALID_ARGUMENT,
        reason: "INVALID_REQUEST",
      });
    }
    expect(rpc.called).toEqual([]);
  });

  it("refuses a message over the limit naming the limit, and the connection goes on", async () => {
    for (const bytes of [MAX_MESSAGE_BYTES + 1, 8 * MAX_MESSAGE_BYTES]) {
      await expectRefused(vectors.send(path("Upsert"), Buffer.alloc(bytes)), "request");
    }
    const { message } = await failureOf(vectors.send(path("Upsert"), Buffer.alloc(MAX_MESSAGE_BYTES + 1)));
    expect(message).toContain(String(MAX_MESSAGE_BYTES));
    expect(rpc.finished.at(-1)).toMatchObject({
      method: "orrery.v1.VectorService/Upsert",
      code: "INVALID_ARGUMENT",
    });
    expect(rpc.running()).toBe(0);
    await expectRefused(vectors.call("Search", { ...search, topK: 0 }), "top_k");
  });
});

describe("a filter is refused", () => {
  const compare = (more: object) => ({
    compare: { path: "a", op: "COMPARE_OP_EQ", value: { numberValue: 1 }, ...more },
  });
  const nestedIn = (levels: number) => {
    let filter: object = { keyPrefix: "k" };
    for (let level = 1; level < levels; level += 1) filter = { not: filter };
    return filter;
  };
  const list = (values: object[]) => ({ listValue: { values } });
  const cases: readonly (readonly [what: string, filter: object, field: string])[] = [
    ["without a condition", {}, "filter"],
    ["with an empty list", { and: { filters: [] } }, "filter.and.filters"],
    ["with an empty one inside", { or: { filters: [{ keyPrefix: "k" }, {}] } }, "filter.or.filters[1]"],
    ["without an operator", compare({ op: 0 }), "filter.compare.op"],
    ["with an operator that is not known", compare({ op: 99 }), "filter.compare.op"],
    ["without a path", compare({ path: "" }), "filter.compare.path"],
    ["with an empty name in its path", compare({ path: "a..b" }), "filter.compare.path"],
    ["with a backslash before nothing", compare({ path: "a\\" }), "filter.compare.path"],
    ["with a path of many names", compare({ path: `${"a.".repeat(16)}a` }), "filter.compare.path"],
    ["without a value", { compare: { path: "a", op: "COMPARE_OP_EQ" } }, "filter.compare.value"],
    ["with null as its value", compare({ value: { nullValue: 0 } }), "filter.compare.value"],
    ["with infinity as its value", compare({ value: { numberValue: Infinity } }), "filter.compare.value"],
    ["with a list where one value goes", compare({ value: list([]) }), "filter.compare.value"],
    ["with U+0000 in its value", compare({ value: { stringValue: "\0" } }), "filter.compare.value"],
    ["with a value for exists", compare({ op: "COMPARE_OP_EXISTS" }), "filter.compare.value"],
    [
      "that orders bools",
      compare({ op: "COMPARE_OP_GT", value: { boolValue: true } }),
      "filter.compare.value",
    ],
    ["with a number as a prefix", compare({ op: "COMPARE_OP_PREFIX" }), "filter.compare.value"],
    ["with one value for in", compare({ op: "COMPARE_OP_IN" }), "filter.compare.value"],
    ["with none for in", compare({ op: "COMPARE_OP_IN", value: list([]) }), "filter.compare.value"],
    [
      "with a list in the list for in",
      compare({ op: "COMPARE_OP_IN", value: list([list([])]) }),
      "filter.compare.value[0]",
    ],
    ["with both any and all tags", { tags: { any: ["a"], all: ["b"] } }, "filter.tags"],
    ["with no tags", { tags: {} }, "filter.tags"],
    ["with a long tag", { tags: { any: ["a", "b".repeat(256)] } }, "filter.tags.any[1]"],
    ["without a time field", { time: { from: { seconds: 1 } } }, "filter.time.field"],
    ["without an end", { time: { field: "TIME_FIELD_CREATED_AT" } }, "filter.time"],
    [
      "with a time beyond the year 9999",
      { time: { field: "TIME_FIELD_UPDATED_AT", until: { seconds: 1e12 } } },
      "filter.time.until.seconds",
    ],
    ["with a long key prefix", { keyPrefix: "k".repeat(1025) }, "filter.key_prefix"],
    ["nested too deeply", nestedIn(17), `filter${".not".repeat(16)}`],
    [
      "with too many conditions",
      { and: { filters: Array.from({ length: 100 }, () => ({ keyPrefix: "k" })) } },
      "filter",
    ],
  ];

  it.each(cases)("%s, in Search, List and Count alike", async (_, filter, field) => {
    await expectRefused(vectors.call("Search", { ...search, filter }), field);
    await expectRefused(vectors.call("List", { namespace: "a", filter }), field);
    await expectRefused(vectors.call("Count", { namespaces: ["a"], filter }), field);
  });
});
