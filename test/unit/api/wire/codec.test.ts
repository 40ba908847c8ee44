import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { toStatus } from "../../../../src/api/responses/status.ts";
import { partsOf } from "../../../../src/api/wire/answer-parts.ts";
import { decodeSearchRequest } from "../../../../src/api/wire/search-request.ts";
import { encodeSearchResponse } from "../../../../src/api/wire/search-response.ts";
import { decodeUpsertRequest } from "../../../../src/api/wire/upsert-request.ts";
import { OrreryError } from "../../../../src/errors.ts";
import { MemoryBudget } from "../../../../src/lib/memory-budget.ts";
import { packageRoot } from "../../../../src/lib/package-root.ts";
import { TurnQueue } from "../../../../src/lib/turns.ts";
import type { SearchResult } from "../../../../src/query/types.ts";

const root = new protobuf.Root();
root.resolvePath = (_, target) => join(packageRoot(), "proto", target);
root.loadSync(["orrery/v1/vector_service.proto"]);
const SearchRequest = root.lookupType("orrery.v1.SearchRequest");
const SearchResponse = root.lookupType("orrery.v1.SearchResponse");
const UpsertRequest = root.lookupType("orrery.v1.UpsertRequest");

type Plain = Record<string, unknown>;

const encode = (type: protobuf.Type, message: Plain) =>
  Buffer.from(type.encode(type.fromObject(message)).finish());
const float = fc.float({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: "binary" });

const vector = fc.oneof(
  fc.array(float, { maxLength: 20 }).map((values) => ({ floats: { values } })),
  fc
    .array(float, { maxLength: 20 })
    .map((values) => ({ f32Le: Buffer.from(new Float32Array(values).buffer) })),
);
const recordRef = fc.record({ namespace: text, key: text });
const optional = (arbitraries: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record(arbitraries, { requiredKeys: [] }) as fc.Arbitrary<Plain>;

const searchRequest = fc
  .tuple(
    optional({
      collection: text,
      namespaces: fc.array(text),
      allNamespaces: fc.boolean(),
      topK: fc.nat(0xffffffff),
      minSimilarity: fc.double(),
      params: optional({
        efSearch: fc.nat(0xffffffff),
        exact: fc.boolean(),
        oversampling: fc.double(),
        rescore: fc.boolean(),
        recallTarget: fc.double(),
      }),
      allowPartial: fc.boolean(),
      includeValue: fc.boolean(),
      includeMetadata: fc.boolean(),
      includeVector: fc.boolean(),
      includeProfile: fc.boolean(),
    }),
    fc.oneof(fc.constant({}), fc.record({ vector }), fc.record({ record: recordRef })),
  )
  .map(([fields, query]) => ({ ...fields, ...query }) as Plain);

const metadata = fc.dictionary(text, fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true });

const record = optional({
  namespace: text,
  key: text,
  value: text,
  metadata,
  tags: fc.array(text),
  vector,
  createdAt: fc.record({ seconds: fc.integer(), nanos: fc.integer() }),
  updatedAt: fc.record({ seconds: fc.integer(), nanos: fc.integer() }),
  version: fc.bigInt(0n, 2n ** 63n - 1n),
});

const upsertRequest = fc.record({
  collection: text,
  records: fc.array(record, { maxLength: 5 }),
  mode: fc.integer({ min: -1, max: 9 }),
});

/** The message that reflection encodes for an Upsert of these records. */
function toReflected({ records, ...rest }: { records: Plain[] } & Plain): Plain {
  return {
    ...rest,
    records: records.map(({ metadata, version, ...fields }) => ({
      ...fields,
      ...(metadata === undefined ? {} : { metadata: toStruct(metadata as Plain) }),
      ...(version === undefined ? {} : { version: String(version) }),
    })),
  };
}

function toStruct(fields: Plain): Plain {
  return { fields: Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, toValue(value)])) };
}

function toValue(value: unknown): Plain {
  if (value === null) return { nullValue: 0 };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  return { structValue: toStruct(value as Plain) };
}

/** What our decoder gives for a vector that reflection encoded. */
function decodedVector(vector: unknown) {
  const message = vector as { f32Le?: Buffer; floats?: { values: number[] } };
  if (message.f32Le !== undefined) return { form: "f32_le", bytes: Buffer.from(message.f32Le) };
  return { form: "floats", bytes: Buffer.from(new Float32Array(message.floats?.values ?? []).buffer) };
}

const unknownFields = fc
  .array(
    fc.tuple(
      fc.integer({ min: 100, max: 2000 }),
      fc.constantFrom(0, 1, 2, 5),
      fc.uint8Array({ maxLength: 9 }),
    ),
  )
  .map((fields) => {
    const writer = protobuf.Writer.create();
    for (const [number, wireType, bytes] of fields) {
      writer.uint32((number << 3) | wireType);
      if (wireType === 0) writer.uint32(bytes.length);
      else if (wireType === 1) writer.double(bytes.length);
      else if (wireType === 2) writer.bytes(bytes);
      else writer.float(bytes.length);
    }
    return Buffer.from(writer.finish());
  });

describe("decodeSearchRequest", () => {
  it("reads the search request that reflection writes, with unknown fields around it", () => {
    fc.assert(
      fc.property(searchRequest, unknownFields, unknownFields, (message, before, after) => {
        const bytes = Buffer.concat([before, encode(SearchRequest, message), after]);
        const { params = {}, vector, record, ...fields } = message as Plain & { params?: Plain };
        const expected = {
          collection: "",
          namespaces: [],
          allNamespaces: false,
          topK: undefined,
          minSimilarity: undefined,
          allowPartial: false,
          includeValue: undefined,
          includeMetadata: undefined,
          includeVector: undefined,
          includeProfile: false,
          ...fields,
          params: {
            ...("efSearch" in params && { efSearch: params.efSearch }),
            ...("exact" in params && { exact: params.exact }),
            ...("oversampling" in params && { oversampling: params.oversampling }),
            ...("rescore" in params && { rescore: params.rescore }),
            ...("recallTarget" in params && { recallTarget: params.recallTarget }),
          },
          query:
            vector !== undefined
              ? { kind: "vector", vector: decodedVector(vector) }
              : record !== undefined
                ? { kind: "record", record }
                : undefined,
        };
        expect(decodeSearchRequest(bytes)).toEqual(expected);
      }),
    );
  });

  it("reads floats that are packed, not packed, or both", () => {
    const writer = protobuf.Writer.create();
    writer.uint32((4 << 3) | 2).fork();
    writer.uint32((2 << 3) | 2).fork();
    writer.uint32((1 << 3) | 5).float(1);
    writer
      .uint32((1 << 3) | 2)
      .fork()
      .float(2)
      .float(3)
      .ldelim();
    writer.uint32((1 << 3) | 5).float(4);
    const bytes = Buffer.from(writer.ldelim().ldelim().finish());
    expect(decodeSearchRequest(bytes).query).toEqual({
      kind: "vector",
      vector: { form: "floats", bytes: Buffer.from(new Float32Array([1, 2, 3, 4]).buffer) },
    });
  });

  it("takes the last of a repeated scalar and of a oneof", () => {
    const first = encode(SearchRequest, { topK: 3, vector: { floats: { values: [1] } } });
    const second = encode(SearchRequest, { topK: 4, record: { namespace: "n", key: "k" } });
    expect(decodeSearchRequest(Buffer.concat([first, second]))).toMatchObject({
      topK: 4,
      query: { kind: "record", record: { namespace: "n", key: "k" } },
    });
    expect(decodeSearchRequest(Buffer.concat([second, first])).query?.kind).toBe("vector");
  });

  it("skips a known field with another wire type", () => {
    const bytes = Buffer.from(
      protobuf.Writer.create()
        .uint32((6 << 3) | 2)
        .string("seven")
        .finish(),
    );
    expect(decodeSearchRequest(bytes).topK).toBeUndefined();
  });
});

describe("decodeUpsertRequest", () => {
  it("reads the upsert request that reflection writes, with unknown fields around it", () => {
    fc.assert(
      fc.property(upsertRequest, unknownFields, unknownFields, (message, before, after) => {
        const bytes = Buffer.concat([before, encode(UpsertRequest, toReflected(message)), after]);
        const timestamp = (value: unknown) => {
          const { seconds, nanos } = value as { seconds: number; nanos: number };
          return { seconds: BigInt(seconds), nanos };
        };
        const decoded = decodeUpsertRequest(bytes);
        expect(decoded).toMatchObject({ collection: message.collection, mode: message.mode });
        expect(decoded.records).toHaveLength(message.records.length);
        for (const [index, sent] of message.records.entries()) {
          const { metadata, ...got } = decoded.records[index] ?? {};
          expect(got).toEqual({
            namespace: sent.namespace ?? "",
            key: sent.key ?? "",
            value: sent.value,
            tags: sent.tags ?? [],
            vector: sent.vector && decodedVector(sent.vector),
            createdAt: sent.createdAt && timestamp(sent.createdAt),
            updatedAt: sent.updatedAt && timestamp(sent.updatedAt),
            version: sent.version ?? 0n,
          });
          // As JSON text, which is what becomes of it; a null prototype is not a difference there.
          expect(JSON.stringify(metadata?.read())).toBe(sent.metadata && JSON.stringify(sent.metadata));
        }
      }),
    );
  });

  it("keeps a metadata key __proto__", () => {
    const writer = protobuf.Writer.create();
    writer.uint32((1 << 3) | 2).fork();
    writer.uint32((1 << 3) | 2).string("__proto__");
    writer
      .uint32((2 << 3) | 2)
      .fork()
      .uint32((2 << 3) | 1)
      .double(1)
      .ldelim();
    const bytes = writer.ldelim().finish();
    const upsert = protobuf.Writer.create();
    upsert
      .uint32((2 << 3) | 2)
      .fork()
      .uint32((4 << 3) | 2)
      .bytes(bytes)
      .ldelim();
    const [record] = decodeUpsertRequest(Buffer.from(upsert.finish())).records;
    expect(JSON.stringify(record?.metadata?.read())).toBe('{"__proto__":1}');
  });

  it("refuses metadata nested thousands of levels deep", () => {
    let bytes = Buffer.alloc(0);
    const wrap = (tag: number, inner: Buffer) => {
      const head = Buffer.from(protobuf.Writer.create().uint32(tag).uint32(inner.length).finish());
      return Buffer.concat([head, inner]);
    };
    for (let level = 0; level < 2000; level += 1) bytes = wrap((1 << 3) | 2, wrap((6 << 3) | 2, bytes));
    const entry = wrap((1 << 3) | 2, wrap((2 << 3) | 2, wrap((6 << 3) | 2, bytes)));
    const upsert = wrap((2 << 3) | 2, wrap((4 << 3) | 2, entry));
    const [record] = decodeUpsertRequest(upsert).records;
    expect(() => record?.metadata?.read()).toThrow("nested too deeply");
  });
});

describe("damaged bytes", () => {
  const damaged = (bytes: fc.Arbitrary<Buffer>) =>
    fc.tuple(bytes, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })).map(([whole, cut, at, flip]) => {
      const part = Buffer.from(whole.subarray(0, whole.length - (cut % (whole.length + 1))));
      if (part.length > 0) part[at % part.length] = (part[at % part.length] ?? 0) ^ flip;
      return part;
    });

  it("decodes damaged bytes or refuses them with an error, and nothing else", () => {
    const cases = [
      { decode: decodeSearchRequest, bytes: searchRequest.map((message) => encode(SearchRequest, message)) },
      { decode: decodeUpsertRequest, bytes: upsertRequest.map((m) => encode(UpsertRequest, toReflected(m))) },
    ];
    for (const { decode, bytes } of cases) {
      fc.assert(
        fc.property(damaged(bytes), (part) => {
          try {
            decode(part);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        }),
        { numRuns: 500 },
      );
    }
  });

  it("refuses a message cut anywhere but between two fields", () => {
    const whole = encode(SearchRequest, { collection: "words", vector: { floats: { values: [1, 2] } } });
    const boundaries = new Set([0, 7]);
    for (let length = 0; length < whole.length; length += 1) {
      const decode = () => decodeSearchRequest(Buffer.from(whole.subarray(0, length)));
      if (boundaries.has(length)) expect(decode).not.toThrow();
      else expect(decode).toThrow();
    }
  });

  it("refuses a nested message longer than the one around it", () => {
    const bytes = Buffer.from([(4 << 3) | 2, 2, (1 << 3) | 2, 4, 0, 0, 128, 63]);
    expect(() => decodeSearchRequest(bytes)).toThrow();
  });
});

describe("encodeSearchResponse", () => {
  const budget = new MemoryBudget({ totalBytes: 2 ** 30, accountBytes: 2 ** 30, refusal: Error });
  const limits = { maxAnswerBytes: 2 ** 24, memory: budget.open(), turns: new TurnQueue() };

  const count = fc.nat(1_000_000);
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  const result: fc.Arbitrary<SearchResult> = fc.record({
    hits: fc.array(
      fc.record({
        namespace: text,
        key: text,
        similarity: finite,
        value: fc.option(text, { nil: undefined }),
        metadata: fc.option(
          metadata.map((value) => JSON.stringify(value)),
          { nil: undefined },
        ),
        tags: fc.option(fc.array(text), { nil: undefined }),
        vector: fc.option(
          fc.array(float, { minLength: 1 }).map((values) => new Float32Array(values)),
          { nil: undefined },
        ),
      }),
      { maxLength: 5 },
    ),
    completeness: fc.record({
      targetsTotal: count,
      targetsOk: count,
      failures: fc.array(
        fc.record({
          shardId: fc.nat(Number.MAX_SAFE_INTEGER),
          namespaces: fc.array(text),
          error: text.map((message) => new OrreryError("NODE_UNAVAILABLE", message)),
        }),
        { maxLength: 3 },
      ),
    }),
    epoch: fc.nat(Number.MAX_SAFE_INTEGER),
    timings: fc.record({
      planMs: finite,
      queueMs: finite,
      scatterMs: finite,
      mergeMs: finite,
      totalMs: finite,
    }),
    profile: fc.array(
      fc.record({
        shardId: fc.nat(Number.MAX_SAFE_INTEGER),
        group: count,
        strategy: fc.constantFrom("exact" as const, "ann" as const),
        reason: fc.constantFrom("few_rows" as const, "far" as const),
        quantization: fc.constantFrom("none" as const, "half" as const, "binary" as const),
        efSearch: count,
        candidates: count,
        scanned: count,
        rows: count,
        attempts: count,
        rounds: fc.constantFrom(1 as const, 2 as const),
        elapsedMs: finite,
        recallTarget: fc.option(finite, { nil: undefined }),
        expectedRecall: fc.option(finite, { nil: undefined }),
      }),
      { maxLength: 3 },
    ),
  });

  it("writes a search response that reflection reads", async () => {
    await fc.assert(
      fc.asyncProperty(result, fc.boolean(), async (searched, includeProfile) => {
        const answer = await encodeSearchResponse(searched, {
          includeProfile,
          statusOf: toStatus,
          limits,
        });
        const bytes = Buffer.concat(partsOf(answer));
        const read = SearchResponse.toObject(SearchResponse.decode(bytes), {
          longs: Number,
          enums: String,
          defaults: true,
          arrays: true,
        });
        const { completeness, timings } = searched;
        expect(read).toMatchObject({
          epoch: searched.epoch,
          completeness: {
            targetsTotal: completeness.targetsTotal,
            targetsOk: completeness.targetsOk,
            complete: completeness.targetsOk === completeness.targetsTotal,
            failures: completeness.failures.map(({ shardId, namespaces, error }) => ({
              shardId: shardId,
              namespaces,
              status: { code: 14, message: error.message },
            })),
          },
          timings: {
            planMs: timings.planMs,
            scatterMs: timings.scatterMs,
            mergeMs: timings.mergeMs,
            totalMs: timings.totalMs,
            queueMs: timings.queueMs,
          },
        });
        expect(read.hits).toHaveLength(searched.hits.length);
        for (const [index, hit] of searched.hits.entries()) {
          const got = read.hits[index];
          expect(got).toMatchObject({
            namespace: hit.namespace,
            key: hit.key,
            similarity: hit.similarity,
            tags: hit.tags ?? [],
          });
          expect(got.value).toBe(hit.value);
          expect(got.vector?.f32Le).toEqual(hit.vector && Buffer.from(hit.vector.buffer));
          if (hit.metadata === undefined) expect(got.metadata).toBeNull();
          else expect(fromStruct(got.metadata)).toEqual(JSON.parse(hit.metadata));
        }
        expect(read.profile?.targets).toEqual(
          includeProfile
            ? searched.profile.map((target) => ({
                shardId: target.shardId,
                groupId: target.group,
                strategy: target.strategy,
                quantization: `QUANTIZATION_${target.quantization.toUpperCase()}`,
                efSearch: target.efSearch,
                candidates: target.candidates,
                rows: target.rows,
                attempts: target.attempts,
                rounds: target.rounds,
                elapsedMs: target.elapsedMs,
                reason: target.reason,
                rowsScanned: target.scanned,
                recallTarget: target.recallTarget,
                expectedRecall: target.expectedRecall,
              }))
            : undefined,
        );
      }),
    );
  });
});

interface Reflected {
  readonly nullValue?: string;
  readonly structValue?: { fields: Record<string, Reflected> };
  readonly listValue?: { values: Reflected[] };
  readonly [kind: string]: unknown;
}

function fromStruct({ fields = {} }: { fields?: Record<string, Reflected> }): Plain {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, fromValue(value)]));
}

function fromValue(value: Reflected): unknown {
  if (value.structValue) return fromStruct(value.structValue);
  if (value.listValue) return (value.listValue.values ?? []).map(fromValue);
  if (value.nullValue !== undefined) return null;
  return value.numberValue ?? value.stringValue ?? value.boolValue;
}
