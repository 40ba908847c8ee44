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
