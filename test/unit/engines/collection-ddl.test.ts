import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createIndexSqls,
  createTableSqls,
  DEFAULT_HNSW,
  MAX_DIMENSION,
  validateCollectionSpec,
  withoutSettings,
} from "../../../src/engines/collection-ddl.ts";
import type { CollectionSpec } from "../../../src/engines/engine.ts";
import { isOrreryError } from "../../../src/errors.ts";

const GOOD: CollectionSpec = {
  name: "words",
  dimension: 100,
  metric: "cosine",
  quantization: "none",
  hnsw: DEFAULT_HNSW,
  shardCount: 32,
};

function refusedField(change: Partial<CollectionSpec>): string | undefined {
  try {
    validateCollectionSpec({ ...GOOD, ...change });
  } catch (error) {
    if (isOrreryError(error, "INVALID_REQUEST")) return error.details.fields?.[0]?.field;
    throw error;
  }
  return undefined;
}

const NOT_COUNTS = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY];

describe("validateCollectionSpec", () => {
  it.each<[string, Partial<CollectionSpec>]>([
    ["the defaults", {}],
    ["one letter for a name", { name: "w" }],
    ["63 characters for a name", { name: `w${"-_9".repeat(20)}ab` }],
    ["one dimension", { dimension: 1 }],
    ["2,000 dimensions", { dimension: 2000 }],
    ["4,000 dimensions by halves", { dimension: 4000, quantization: "half" }],
    ["16,000 dimensions by bits", { dimension: 16_000, quantization: "binary" }],
    ["the smallest index", { hnsw: { m: 2, efConstruction: 4 } }],
    ["the largest index", { hnsw: { m: 100, efConstruction: 1000 } }],
    ["one shard", { shardCount: 1 }],
    ["1,024 shards", { shardCount: 1024 }],
  ])("accepts %s for a collection", (_, change) => {
    expect(refusedField(change)).toBeUndefined();
  });

  it.each<[string, readonly Partial<CollectionSpec>[]]>([
    [
      "collection.name",
      ["", "W", "wörter", "9words", "-words", "a b", 'a"b', "words\n", "a.b", "w".repeat(64)].map((name) => ({
        name,
      })),
    ],
    [
      "collection.dimension",
      [
        ...NOT_COUNTS.map((dimension) => ({ dimension })),
        { dimension: 2001 },
        { dimension: 4001, quantization: "half" },
        { dimension: 16_001, quantization: "binary" },
      ],
    ],
    ["collection.hnsw.m", [1, 101, 2.5].map((m) => ({ hnsw: { m, efConstruction: 300 } }))],
    [
      "collection.hnsw.ef_construction",
      [
        { hnsw: { m: 16, efConstruction: 31 } },
        { hnsw: { m: 2, efConstruction: 3 } },
        { hnsw: { m: 16, efConstruction: 1001 } },
        { hnsw: { m: 16, efConstruction: Number.NaN } },
      ],
    ],
    ["collection.shard_count", [...NOT_COUNTS, 1025].map((shardCount) => ({ shardCount }))],
  ])("refuses a collection by the name of the wrong field, %s", (field, changes) => {
    for (const change of changes) expect(refusedField(change), JSON.stringify(change)).toBe(field);
  });

  it("refuses every collection name that would need quoting", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        fc.pre(!/^[a-z][a-z0-9_-]*$/.test(name));
        expect(refusedField({ name })).toBe("collection.name");
      }),
    );
  });
});

it("a collection without an index has vectors of any dimension, one kind, and no statement for an index", () => {
  const settings = { index: "none" } as const;
  expect(refusedField({ settings, dimension: 16_000 })).toBeUndefined();
  expect(refusedField({ settings, dimension: 16_001 })).toBe("collection.dimension");
  expect(refusedField({ settings, quantization: "half" })).toBe("collection.quantization");
  expect(refusedField({ settings: { index: "ivfflat" } })).toBe("collection.index");
  expect(createIndexSqls("public", "c_7", { ...GOOD, settings })).toEqual([]);
});

it("the schema before knows cosine only", () => {
  expect(withoutSettings(GOOD)).toEqual(GOOD);
  for (const metric of ["l2", "inner_product"] as const) {
    expect(() => withoutSettings({ ...GOOD, metric })).toThrow(
      expect.objectContaining({ code: "NODE_NOT_MIGRATED" }),
    );
  }
});

describe("createTableSqls and createIndexSqls", () => {
  it("quotes every name in the statements that create a collection", () => {
    const odd = 'c"; DROP TABLE x; --';
    expect(createTableSqls(odd, odd, { dimension: 3 }).join()).toContain(
      'CREATE TABLE "c""; DROP TABLE x; --"."c""; DROP TABLE x; --" (',
    );
    expect(createIndexSqls("public", odd, GOOD).join()).toContain('"c""; DROP TABLE x; --_hnsw"');
  });

  it("refuses bits for metrics that lengths count for, and indexes the others by their own distance", () => {
    for (const metric of ["l2", "inner_product"] as const) {
      expect(refusedField({ metric, quantization: "binary" })).toBe("collection.quantization");
      expect(refusedField({ metric, quantization: "half" })).toBeUndefined();
    }
    expect(createIndexSqls("public", "c_7", { ...GOOD, metric: "l2" }).join()).toContain(
      "(embedding vector_l2_ops)",
    );
  });

  it("indexes the vector in the form that the quantization keeps, as wide as the table holds it", () => {
    const indexed = (quantization: CollectionSpec["quantization"]) =>
      createIndexSqls("public", "c_7", { ...GOOD, quantization }).join();
    expect(createTableSqls("public", "c_7", { dimension: 100 })[0]).toContain(
      "embedding vector(100) NOT NULL",
    );
    expect(indexed("none")).toContain("(embedding vector_cosine_ops)");
    expect(indexed("half")).toContain("((l2_normalize(embedding)::halfvec(100)) halfvec_cosine_ops)");
    expect(indexed("binary")).toContain("((binary_quantize(embedding)::bit(100)) bit_hamming_ops)");
    for (const quantization of Object.keys(MAX_DIMENSION) as CollectionSpec["quantization"][]) {
      expect(indexed(quantization)).toContain("WITH (m = 16, ef_construction = 64)");
    }
  });
});
