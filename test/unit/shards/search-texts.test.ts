import fc from "fast-check";
import { expect, it } from "vitest";
import { type SearchInput, searchStatement } from "../../../src/shards/sql/search.ts";
import { createSearchStatements } from "../../../src/shards/sql/search-texts.ts";

/**
 * Few shards, keys and numbers, so that shapes come again. A shard belongs to one relation, a relation to one
 * dimension.
 */
const anyBranch = fc.record({
  shardId: fc.integer({ min: 1, max: 4 }),
  strategy: fc.constantFrom("exact" as const, "ann" as const),
  shardKeys: fc.oneof(
    fc.constant("all" as const),
    fc.array(fc.constantFrom("a", "b", "1:2"), { minLength: 1, maxLength: 3 }),
  ),
  limit: fc.integer({ min: 1, max: 101 }),
  efSearch: fc.integer({ min: 1, max: 1000 }),
  candidates: fc.integer({ min: 1, max: 101 }),
  scanned: fc.option(fc.integer({ min: 1, max: 10_000 }), { nil: undefined }),
});

const boundOf = (scanned: number) => ({ scanned, taken: Math.ceil(scanned / 3) });

const anyInput: fc.Arbitrary<SearchInput> = fc
  .record({
    branches: fc.uniqueArray(anyBranch, { minLength: 1, maxLength: 3, selector: ({ shardId }) => shardId }),
    metric: fc.constant("cosine" as const),
    quantization: fc.constantFrom("none" as const, "half" as const, "binary" as const),
    mostRows: fc.constantFrom(1, 10, 11, 100, 101),
    wanted: fc.record({ value: fc.boolean(), metadata: fc.boolean(), vector: fc.boolean() }),
    inlineBytes: fc.option(fc.nat(), { nil: undefined }),
    first: fc.float({ noNaN: true, noDefaultInfinity: true }),
  })
  .map(({ branches, first, ...input }) => ({
    ...input,
    vector: Float32Array.of(first, 1),
    branches: branches.map(({ scanned, ...branch }) => ({
      ...branch,
      // Some rows of a shard are found by a bounded scan only.
      bound: branch.shardKeys === "all" && scanned === undefined ? undefined : boundOf(scanned ?? 77),
      relation: `"public"."c_7_${branch.shardId}"`,
    })),
  }));

it("returns the text of the shape, whatever was asked before, with the values of the search", () => {
  fc.assert(
    fc.property(fc.array(anyInput, { maxLength: 40 }), (inputs) => {
      const statementOf = createSearchStatements();
      for (const input of inputs) expect(statementOf(input)).toEqual(searchStatement(input));
    }),
    { numRuns: 300 },
  );
});

it("prepares a search with a filter once its text has come before, whatever its values, and none of several keys", () => {
  const statementOf = createSearchStatements();
  const searchFor = (year: number, shardKeys: readonly string[] | "all" = ["a"]) =>
    statementOf({
      vector: Float32Array.of(1, 0),
      metric: "cosine",
      quantization: "none",
      branches: [
        {
          relation: '"public"."c_7_1"',
          shardId: 1,
          shardKeys,
          strategy: "exact",
          limit: 10,
          efSearch: 0,
          candidates: 10,
        },
      ],
      mostRows: 10,
      filter: { kind: "gt", path: ["year"], value: year },
      wanted: { value: false, metadata: false, vector: false },
    });
  const [first, second] = [searchFor(1999), searchFor(2024)];
  expect(first.prepare).toBe(false);
  expect(second.prepare).toBe(true);
  expect(second.text).toBe(first.text);
  expect(second.values).not.toEqual(first.values);
  expect(searchFor(1999, "all").prepare).toBe(false);
  expect(searchFor(1999, "all").prepare).toBe(true);
  expect(searchFor(1999, ["a", "b"]).prepare).toBe(false);
  expect(searchFor(1999, ["a", "b"]).prepare).toBe(false);
});
