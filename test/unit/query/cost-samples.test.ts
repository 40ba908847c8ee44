import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { startCostSamples } from "../../../src/query/cost-samples.ts";
import { createLearntCosts } from "../../../src/query/learnt-costs.ts";
import { assumedCosts } from "../../../src/query/plan/scan-costs.ts";
import { failedResult, type NodeRunner } from "../../../src/shards/node-driver.ts";
import { createReadStatements } from "../../../src/shards/read-statements.ts";
import { collectionCutAt } from "./cut-ring.ts";

/** Two shards, on node groups 1 and 2. */
const collection = { ...collectionCutAt([0]), dimension: 384 };
const assumed = assumedCosts(collection);
const vector = new Float32Array(384).fill(1);

function create({ rows = 10_000, fails = false } = {}) {
  let nowMs = 0;
  const asked: string[] = [];
  const nodes: NodeRunner = {
    async runOn(group, { text }) {
      const kind = text.includes("TABLESAMPLE") ? "sample" : text.includes("AS meets") ? "scan" : "compare";
      asked.push(`${group} ${kind}`);
      if (fails) return failedResult(new OrreryError("NODE_UNAVAILABLE", "down"), 0);
      if (kind === "sample") {
        return {
          rows: Array.from({ length: 5 }, () => [0, "n", "k", vector]),
          waitedMs: 0,
          error: undefined,
        };
      }
      // A comparison takes twice what is assumed, and three milliseconds of waiting that do not count.
      nowMs += kind === "compare" ? (200 + 2 * rows * assumed.exactRowUs) / 1000 + 3 : 1;
      return { rows: [], waitedMs: kind === "compare" ? 3 : 0, error: undefined };
    },
  };
  const costs = createLearntCosts();
  const samples = startCostSamples({
    nodes,
    map: () => ({ epoch: 1, clusterId: "c", nodes: [], collections: [collection] }),
    estimates: { shardRows: () => rows, shardKeyRows: () => undefined },
    relations: { readRelation: (_collection, shard) => `"public"."c_7_${shard}"` },
    statements: createReadStatements(),
    costs,
    intervalMs: 60_000,
    monotonicMs: () => nowMs,
  });
  return { asked, costs, samples };
}

describe("costs that are measured before requests depend on them", () => {
  it("are those of comparing and of scanning in turn, on one shard of each node, once", async () => {
    const { asked, costs, samples } = create();
    await samples.measure();
    const turns = Array.from({ length: 5 }, () => ["compare", "scan", "scan"]).flat();
    expect(asked).toEqual([1, 2].flatMap((group) => ["sample", ...turns].map((kind) => `${group} ${kind}`)));
    for (const group of [1, 2]) {
      const factor = costs.of(collection, group).exactRowUs / assumed.exactRowUs;
      // What scans took says a little of comparisons too.
      expect(factor).toBeGreaterThan(1.75);
      expect(factor).toBeLessThan(2.1);
    }
    await samples.measure();
    expect(asked).toHaveLength(32);
    await samples.close();
  });

  it("are not measured in small or unknown shards, nor in ones that are too large to compare", async () => {
    for (const rows of [4_999, 500_001, undefined as unknown as number]) {
      const { asked, samples } = create({ rows: rows ?? 0 });
      await samples.measure();
      expect(asked).toEqual([]);
      await samples.close();
    }
  });

  it("stay as assumed where a node does not answer, and nothing after the end is measured", async () => {
    const { asked, costs, samples } = create({ fails: true });
    await samples.measure();
    expect(asked).toEqual(["1 sample", "2 sample"]);
    expect(costs.of(collection, 1)).toEqual(assumed);
    const ended = create();
    await ended.samples.close();
    await ended.samples.measure();
    expect(ended.asked).toEqual([]);
  });
});
