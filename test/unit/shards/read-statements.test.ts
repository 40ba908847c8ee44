import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Branch } from "../../../src/shards/sql/branch.ts";
import { countStatement } from "../../../src/shards/sql/count.ts";
import { getStatement } from "../../../src/shards/sql/get.ts";
import { listStatement } from "../../../src/shards/sql/list.ts";
import { namespaceSizeStatement } from "../../../src/shards/sql/namespace-size.ts";
import { namespacesStatement } from "../../../src/shards/sql/namespaces.ts";
import { payloadStatement } from "../../../src/shards/sql/payload.ts";
import { type SearchInput, searchStatement } from "../../../src/shards/sql/search.ts";
import type { Statement } from "../../../src/shards/statement.ts";
import { expectConsistentParameters, expectFenced, isHereOf } from "./sql-text.ts";

const anyText = fc.string({ unit: "binary", maxLength: 30 });
const anyFlags = { value: fc.boolean(), metadata: fc.boolean(), vector: fc.boolean() };
const anyWanted = fc.record(anyFlags);

/** What the text of a read depends on: shards, and how many keys are asked of each (-1: all). */
const anyShape = fc.uniqueArray(
  fc.record({ shardId: fc.integer({ min: 1, max: 10 ** 12 }), keys: fc.integer({ min: -1, max: 3 }) }),
  { minLength: 1, maxLength: 8, selector: ({ shardId }) => shardId },
);
type Shape = { readonly shardId: number; readonly keys: number };

/** `texts` are the client's; they repeat where there are too few. */
function branchOf({ shardId, keys }: Shape, texts: readonly string[]): Branch {
  const shardKeys = keys < 0 ? "all" : Array.from({ length: keys }, (_, index) => textAt(texts, index));
  return { relation: relationOf(shardId), isHere: isHereOf(shardId), shardId, shardKeys };
}

function keysOf({ shardId, keys }: Shape, texts: readonly string[]) {
  const wantedKeys = Array.from(
    { length: keys },
    (_, index) => [textAt(texts, index), textAt(texts, index + 1)] as const,
  );
  return { relation: relationOf(shardId), isHere: isHereOf(shardId), shardId, wantedKeys };
}

const relationOf = (shardId: number) => `"public"."c_7_${shardId}"`;
const textAt = (texts: readonly string[], index: number) => texts[index % texts.length] as string;
const anyTexts = fc.array(anyText, { minLength: 1, maxLength: 5 });

const anySearch = fc.record({
  shape: anyShape,
  ann: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  /** Rows that a scan for some keys returns at most. */
  scanned: fc.integer({ min: 1, max: 10_000 }),
  quantization: fc.constantFrom<SearchInput["quantization"]>("none", "half", "binary"),
  wanted: anyWanted,
  limit: fc.integer({ min: 1, max: 1000 }),
});

function search(
  { shape, ann, scanned, quantization, wanted, limit }: ReturnType<typeof anySearch.generate>["value"],
  texts: readonly string[],
  { vector = new Float32Array(3), efSearch = 100, candidates = limit } = {},
): Statement {
  const branches = shape.map((part, index) => ({
    ...branchOf(part, texts),
    strategy: ann[index] ? ("ann" as const) : ("exact" as const),
    limit: Math.max(1, limit - index),
    efSearch,
    candidates,
    bound: part.keys < 0 ? undefined : { scanned, taken: limit },
  }));
  return searchStatement({
    vector,
    metric: "cosine",
    quantization,
    branches,
    mostRows: limit,
    wanted,
  });
}

/** Every read over several shards, as a function of the shards and what the client sent. */
const reads: Record<
  string,
  (shape: readonly Shape[], texts: readonly string[], number: number) => Statement
> = {
  count: (shape, texts) => countStatement({ branches: shape.map((part) => branchOf(part, texts)) }),
  get: (shape, texts) =>
    getStatement({
      branches: shape.map((part) => keysOf(part, texts)),
      wanted: { value: true, metadata: true, vector: true },
    }),
  payload: (shape, texts, number) =>
    payloadStatement({
      vector: Float32Array.of(number, 1, 0),
      metric: "cosine",
      branches: shape.map((part) => keysOf(part, texts)),
      wanted: { value: true, metadata: true, vector: true },
      maxBytes: number,
    }),
  namespaces: (shape, texts, limit) =>
    namespacesStatement({
      branches: shape.map((part) => branchOf(part, texts)),
      after: textAt(texts, 0),
      limit,
    }),
  "list, of one shard": ([part], texts, limit) =>
    listStatement({
      branch: branchOf(part as Shape, texts),
      afterKey: textAt(texts, 0),
      limit,
      wanted: { value: true, metadata: false, vector: true },
    }),
  "namespace size, of one shard": ([part], texts) => namespaceSizeStatement(branchOf(part as Shape, texts)),
};

describe.each(Object.entries(reads))("the statement of %s", (name, build) => {
  const shapes = anyShape.map((shape) => {
    const asked = ["get", "payload"].includes(name)
      ? shape.map((part) => ({ ...part, keys: Math.max(1, part.keys) }))
      : shape;
    return name.endsWith("of one shard") ? asked.slice(0, 1) : asked;
  });
  const anyLimit = fc.integer({ min: 1, max: 1001 });

  it("fences each shard it reads, once, by that shard's id", () => {
    fc.assert(
      fc.property(shapes, anyTexts, anyLimit, (shape, texts, limit) => {
        const shards = shape.map(({ shardId }) => ({ shardId, relation: relationOf(shardId) }));
        expectFenced(build(shape, texts, limit), shards);
      }),
    );
  });

  it("has the same text whatever the client's strings are, and binds them in the places it names", () => {
    fc.assert(
      fc.property(shapes, anyTexts, anyLimit, (shape, texts, limit) => {
        const statement = build(shape, texts, limit);
        expectConsistentParameters(statement);
        expect(statement.text).toBe(build(shape, ["another"], limit).text);
      }),
    );
  });

  it("is prepared only where the number of texts is bounded: a single shard, no number of the client's", () => {
    fc.assert(
      fc.property(shapes, anyTexts, anyLimit, (shape, texts, limit) => {
        const { text, prepare } = build(shape, texts, limit);
        if (!prepare) return;
        expect(shape).toHaveLength(1);
        expect(text).toBe(build(shape, ["another"], limit + 1).text);
      }),
    );
  });
});

describe("the statement of a search", () => {
  it("fences each shard it reads, once, by that shard's id", () => {
    fc.assert(
      fc.property(anySearch, anyTexts, (asked, texts) => {
        const shards = asked.shape.map(({ shardId }) => ({ shardId, relation: relationOf(shardId) }));
        expectFenced(search(asked, texts), shards);
      }),
    );
  });

  it("has the same text whatever the client's strings and vector are, and binds them in the places it names", () => {
    fc.assert(
      fc.property(
        anySearch,
        anyTexts,
        fc.float32Array({ minLength: 3, maxLength: 3 }),
        (asked, texts, vector) => {
          const statement = search(asked, texts, { vector });
          expectConsistentParameters(statement);
          expect(statement.text).toBe(search(asked, ["another"]).text);
          expect(statement.values).toContain(vector);
        },
      ),
    );
  });

  it("scans by one of four constant limits, no smaller than what is wanted of it, and stops there", () => {
    fc.assert(
      fc.property(anySearch, fc.integer({ min: 0, max: 1000 }), (asked, more) => {
        const candidates = Math.min(1000, asked.limit + more);
        const { text, values } = search(asked, ["a"], { candidates });
        const parts = text.split(" UNION ALL ");
        expect(parts).toHaveLength(asked.shape.length);
        for (const [index, part] of parts.entries()) {
          const isBounded = asked.ann[index] === true && (asked.shape[index]?.keys ?? 0) >= 0;
          const sizes = [...part.matchAll(/LIMIT (\d+)/g)].map(([, size]) => Number(size));
          for (const size of sizes) {
            expect([10, 100, 1000, 10_000]).toContain(size);
            expect(size).toBeGreaterThanOrEqual(isBounded ? asked.scanned : asked.limit);
          }
          const wanted = [...part.matchAll(/LIMIT \$(\d+)::int8/g)].map(
            ([, place]) => values[Number(place) - 1],
          );
          const limit = Math.max(1, asked.limit - index);
          if (isBounded) expect(wanted).toEqual([asked.scanned, asked.limit]);
          else expect(wanted.at(-1)).toBe(limit);
        }
      }),
    );
  });

  it("judges what a scan is for outside of it, where PostgreSQL cannot take another index for it", () => {
    const shape = [{ shardId: 5, keys: 2 }];
    const asked = { shape, ann: [true], scanned: 300, quantization: "none", wanted: all, limit: 10 } as const;
    const { text } = search({ ...asked, shape: [...shape], ann: [true] }, ["a"]);
    const [, scan] = text.match(/FROM "public"\."c_7_5" WHERE (.*?)\s+ORDER BY/s) ?? [];
    expect(scan).toMatch(/^\(SELECT orrery\.shard_read\(5, \$\d+::int4\)\)$/);
    expect(text).toMatch(
      /CASE WHEN shard_key = ANY\(\$\d+::text\[\]\) THEN embedding <=> \$1::vector END AS distance/,
    );
  });

  it("refuses an index scan for some rows that has no end", () => {
    const branch = { ...branchOf({ shardId: 5, keys: 1 }, ["a"]), limit: 10, efSearch: 10, candidates: 10 };
    const input = {
      vector: new Float32Array(3),
      metric: "cosine",
      quantization: "none",
      mostRows: 10,
    } as const;
    const ann = { ...branch, strategy: "ann" } as const;
    const wanted = { value: false, metadata: false, vector: false };
    expect(() => searchStatement({ ...input, wanted, branches: [ann] })).toThrow(RangeError);
    const filter = { kind: "keyPrefix", prefix: "a" } as const;
    const whole = { ...ann, shardKeys: "all" } as const;
    expect(() => searchStatement({ ...input, wanted, filter, branches: [whole] })).toThrow(RangeError);
    expect(searchStatement({ ...input, wanted, branches: [whole] }).prepare).toBe(true);
  });

  it("takes candidates from a lossy index, and orders them by the vector itself", () => {
    for (const [quantization, operator] of [
      ["half", "::halfvec(3) <=> $1::vector::halfvec(3)"],
      ["binary", "::bit(3) <~> binary_quantize($1::vector)::bit(3)"],
    ] as const) {
      const asked = {
        shape: [{ shardId: 5, keys: -1 }],
        ann: [true],
        scanned: 10,
        quantization,
        wanted: all,
        limit: 10,
      };
      const { text, values } = search(asked, ["a"], { candidates: 80 });
      expect(text).toContain(`${operator} LIMIT 100`);
      const [, place] = text.match(/i0 LIMIT \$(\d+)::int8/) ?? [];
      expect(values[Number(place) - 1]).toBe(80);
      expect(text).toMatch(/embedding <=> \$1::vector AS distance.*ORDER BY 2, namespace, key LIMIT 10\)/s);
    }
  });

  it("refuses to take more than 10,000 rows from a shard", () => {
    const asked = {
      shape: [{ shardId: 5, keys: -1 }],
      ann: [true],
      scanned: 10,
      quantization: "half",
      wanted: all,
    } as const;
    expect(() => search({ ...asked, shape: [...asked.shape], ann: [true], limit: 10_001 }, ["a"])).toThrow(
      RangeError,
    );
    expect(() =>
      search({ ...asked, shape: [...asked.shape], ann: [true], limit: 10 }, ["a"], { candidates: 10_001 }),
    ).toThrow(RangeError);
  });

  it("leaves the settings of the index scan alone where no index is scanned", () => {
    const asked = {
      shape: [{ shardId: 5, keys: 1 }],
      ann: [false],
      scanned: 10,
      quantization: "none",
      wanted: all,
      limit: 10,
    };
    expect(search({ ...asked, quantization: "none" }, ["a"]).text).toContain("shard_read(5, 0)");
    const { text, values } = search({ ...asked, ann: [true], quantization: "none" }, ["a"], {
      efSearch: 321,
    });
    const [, place] = text.match(/shard_read\(5, \$(\d+)::int4\)/) ?? [];
    expect(values[Number(place) - 1]).toBe(321);
  });

  it("asks the fence's function only where the statement does not show that the shard is here, and sets the width where another is set", () => {
    const asked = { shape: [{ shardId: 6, keys: 1 }], scanned: 10, wanted: all, limit: 10 } as const;
    const exact = search({ ...asked, shape: [...asked.shape], ann: [false], quantization: "none" }, ["a"]);
    expect(exact.text).toContain("(SELECT CASE WHEN is_here_6 THEN true ELSE orrery.shard_read(6, 0) END)");
    const scan = search({ ...asked, shape: [...asked.shape], ann: [true], quantization: "none" }, ["a"]);
    expect(scan.text).toMatch(
      /\(SELECT CASE WHEN is_here_6 AND pg_catalog\.current_setting\('hnsw\.iterative_scan', true\) = 'relaxed_order'\s+THEN CASE WHEN pg_catalog\.current_setting\('hnsw\.ef_search', true\) = (\$\d+)::int4::text THEN true ELSE pg_catalog\.set_config\('hnsw\.ef_search', \1::int4::text, false\) IS NOT NULL END\s+ELSE orrery\.shard_read\(6, \1::int4\) END\)/,
    );
  });

  it("is prepared only for one key of one shard or for whole shards, with no number of the client's in its text", () => {
    fc.assert(
      fc.property(anySearch, fc.integer({ min: 1, max: 10 }), (asked, limit) => {
        const { text, prepare } = search({ ...asked, limit: 10 }, ["a"]);
        const keys = asked.shape.map((part) => part.keys);
        expect(prepare).toBe((keys.length === 1 && keys[0] === 1) || keys.every((count) => count === -1));
        if (!prepare) return;
        const other = search({ ...asked, limit }, ["b"], { efSearch: 1000 - limit, candidates: 10 });
        expect(other.text).toBe(text);
      }),
    );
  });
});

const all = { value: true, metadata: true, vector: true };

it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, "1; DROP TABLE x" as unknown as number])(
  "refuses a shard id or limit of %s",
  (odd) => {
    const shape = [{ shardId: odd, keys: -1 }];
    for (const build of Object.values(reads)) {
      if (build !== reads.get && build !== reads.payload)
        expect(() => build(shape, ["a"], 10)).toThrow(RangeError);
    }
    expect(() => reads["list, of one shard"]?.([{ shardId: 1, keys: 1 }], ["a"], odd)).toThrow(RangeError);
    expect(() => reads.namespaces?.([{ shardId: 1, keys: -1 }], ["a"], odd)).toThrow(RangeError);
  },
);
