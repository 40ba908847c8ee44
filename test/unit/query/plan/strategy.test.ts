import { describe, expect, it } from "vitest";
import { chooseStrategy } from "../../../../src/query/plan/strategy.ts";
import type { RowEstimates } from "../../../../src/query/types.ts";
import { keyRows } from "../../../../src/shards/row-statistics.ts";
import type { ShardStatistics } from "../../../../src/shards/sql/statistics.ts";
import { collectionCutAt, RING } from "../cut-ring.ts";

const collection = collectionCutAt([]);
const SHARD = 102_000;

function choiceOf(shardKeys: readonly string[] | "all", estimates: RowEstimates, candidates = 10) {
  const target = { shardId: SHARD, group: 1, ...RING, shardKeys };
  return chooseStrategy(target, collection, estimates, { candidates, exactMaxRows: 1000 });
}

const strategyOf = (...asked: Parameters<typeof choiceOf>) => choiceOf(...asked).strategy;

/** Estimates as PostgreSQL's statistics of the one shard give them. */
function estimatesOf(statistics: Omit<ShardStatistics, "relation">): RowEstimates {
  return {
    shardRows: () => statistics.rows,
    shardKeyRows: (_collection, _shard, key) => keyRows({ relation: "c_7_102000", ...statistics }, key),
  };
}

/**
 * `count` namespaces of `rowsEach` rows. PostgreSQL keeps at most 100 most common values, and none of equal
 * ones.
 */
function equalNamespaces(count: number, rowsEach: number): RowEstimates {
  return estimatesOf({ rows: count * rowsEach, distinctKeys: count, commonKeys: new Map() });
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe("the strategy", () => {
  it("guesses the index without statistics of the shard or of one of the keys", () => {
    const guess = { strategy: "ann", isCertain: false };
    const nothing: RowEstimates = { shardRows: () => undefined, shardKeyRows: () => undefined };
    expect(choiceOf("all", nothing)).toEqual(guess);
    expect(choiceOf(["a"], nothing)).toEqual(guess);
    const ofTheShard: RowEstimates = { shardRows: () => 1e6, shardKeyRows: () => undefined };
    expect(choiceOf(["a"], ofTheShard)).toEqual(guess);
    expect(choiceOf("all", ofTheShard)).toEqual({ strategy: "ann", isCertain: true });
  });

  it("compares every row of a small shard, and searches a large one through its index", () => {
    expect(strategyOf("all", equalNamespaces(1, 1000))).toBe("exact");
    expect(strategyOf("all", equalNamespaces(1, 1001))).toBe("ann");
  });

  it("compares the rows of a small namespace, whether its shard is large or hardly larger", () => {
    expect(strategyOf(["n1"], equalNamespaces(2, 900))).toBe("exact");
    expect(strategyOf(["n1"], equalNamespaces(1000, 1000))).toBe("exact");
  });

  it("uses the index for a namespace that is most of its shard", () => {
    const commonKeys = new Map([["large", 0.9]]);
    const estimates = estimatesOf({ rows: 100_000, distinctKeys: 50, commonKeys });
    expect(strategyOf(["large"], estimates)).toBe("ann");
    expect(strategyOf(["another"], estimates)).toBe("exact");
  });

  it("compares the rows of one or a few of 400 equal namespaces, but searches all of them through the index", () => {
    const estimates = equalNamespaces(400, 250);
    expect(strategyOf(names(1), estimates)).toBe("exact");
    expect(strategyOf(names(4), estimates)).toBe("exact");
    expect(strategyOf(names(400), estimates)).toBe("ann");
  });

  it("adds up the rows of all shard keys of the target", () => {
    const estimates = equalNamespaces(100, 1000);
    expect(strategyOf(names(1), estimates)).toBe("exact");
    expect(strategyOf(names(50), estimates)).toBe("ann");
  });

  it("compares more rows the more candidates are wanted, since the index would visit more", () => {
    // 3,000 of 100,000 rows: the scan would visit 10 x 100,000 / 3,000 rows, at four times the cost of a
    // comparison.
    const estimates = equalNamespaces(34, 3000);
    expect(strategyOf(["n1"], estimates, 10)).toBe("ann");
    expect(strategyOf(["n1"], estimates, 100)).toBe("exact");
  });
});
