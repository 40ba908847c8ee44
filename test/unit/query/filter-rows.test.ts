import { describe, expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { createFilterRows } from "../../../src/query/filter-rows.ts";
import type { Target } from "../../../src/query/plan/target.ts";
import type { Filter } from "../../../src/query/types.ts";
import { failedResult, type NodeRunner } from "../../../src/shards/node-driver.ts";
import { createReadStatements } from "../../../src/shards/read-statements.ts";
import type { TagStatistics } from "../../../src/shards/sql/statistics.ts";
import { collectionCutAt } from "./cut-ring.ts";

const collection = collectionCutAt([0]);
const filter: Filter = { kind: "time", field: "created_at", fromUs: 5n };
const plan = { collection, topK: 10, filter };
const context = { signal: new AbortController().signal, requestId: "r" };
const targets: readonly Target[] = collection.shards.map(({ id, group, min, max }) => ({
  shardId: id,
  group,
  min,
  max,
  shardKeys: "all",
}));
const [first, second] = targets as [Target, Target];
const relationOf = (shard: number) => `"public"."c_7_${shard}"`;

interface Given {
  /** Rows of the shards by the statistics. */
  readonly rows?: number;
  /** What PostgreSQL expects of each shard. */
  readonly expected?: number;
  readonly index?: string;
  readonly isDown?: boolean;
  readonly tags?: TagStatistics;
}

function create({ rows = 200_000, expected = 1_000, index, isDown = false, tags }: Given = {}) {
  const asked: string[] = [];
  const nodes: NodeRunner = {
    async runOn(group, { text }) {
      asked.push(text);
      if (isDown) return failedResult(new OrreryError("NODE_UNAVAILABLE", "down"), 0);
      const target = targets.find((one) => one.group === group) as Target;
      const scan = {
        "Node Type": "Scan",
        "Relation Name": `c_7_${target.shardId}`,
        "Plan Rows": expected,
        ...(index !== undefined && { Plans: [{ "Node Type": "Bitmap Index Scan", "Index Name": index }] }),
      };
      const explained = [{ Plan: { "Node Type": "Append", "Plan Rows": 5, Plans: [scan] } }];
      return { rows: [[JSON.stringify(explained)]], waitedMs: 0, error: undefined };
    },
  };
  const filterRows = createFilterRows({
    nodes,
    estimates: { shardRows: () => rows, shardKeyRows: () => rows / 10, columns: () => ({ tags }) },
    relations: { readRelation: (_collection, shard) => relationOf(shard) },
    statements: createReadStatements(),
    branchesPerStatement: 64,
    rememberMs: 60_000,
  });
  return { asked, filterRows };
}

describe("the rows that a filter holds for", () => {
  it("are twice what PostgreSQL expects, at most those in scope; all in scope are looked at without an index", async () => {
    const { filterRows, asked } = create();
    const known = await filterRows.read(plan, targets, context);
    expect(known.get(first.shardId)).toEqual({ matching: 2_000, touched: 200_000 });
    expect(known.get(second.shardId)).toEqual({ matching: 2_000, touched: 200_000 });
    expect(asked).toHaveLength(2);
    expect(asked[0]).toMatch(/^EXPLAIN \(FORMAT JSON\) \(SELECT FROM "public"\."c_7_\d+" WHERE \(created_at/);
    const most = create({ expected: 150_000 });
    const keys = [{ ...first, shardKeys: ["a"] }];
    expect((await most.filterRows.read(plan, keys, context)).get(first.shardId)).toEqual({
      matching: 20_000,
      touched: 20_000,
    });
  });

  it("are alone looked at where an index of the filter finds them, and not where the primary key does", async () => {
    const served = create({ index: "c_7_tags_102000" });
    expect((await served.filterRows.read(plan, [first], context)).get(first.shardId)?.touched).toBe(2_000);
    const unserved = create({ index: "c_7_pkey_102000" });
    expect((await unserved.filterRows.read(plan, [first], context)).get(first.shardId)?.touched).toBe(
      200_000,
    );
  });

  it("are a two hundredth where PostgreSQL expects the least it ever does", async () => {
    const { filterRows } = create({ expected: 20 });
    expect((await filterRows.read(plan, [first], context)).get(first.shardId)?.matching).toBe(1_000);
  });

  it("are not asked for in small shards, nor again while they are remembered", async () => {
    const small = create({ rows: 9_999 });
    expect((await small.filterRows.read(plan, targets, context)).size).toBe(0);
    expect(small.asked).toEqual([]);
    const { filterRows, asked } = create();
    await filterRows.read(plan, targets, context);
    await filterRows.read(plan, targets, context);
    expect(asked).toHaveLength(2);
    await filterRows.read({ ...plan, filter: { ...filter, fromUs: 6n } }, targets, context);
    expect(asked).toHaveLength(4);
  });

  it("are what the statistics of tags say, twice, without asking a node", async () => {
    const tags = { common: new Map([["a", 0.1]]), leastShare: 0.01 };
    const { filterRows, asked } = create({ tags });
    const tagged: Filter = { kind: "tags", match: "any", tags: ["a"] };
    const known = await filterRows.read({ ...plan, filter: tagged }, [first], context);
    expect(known.get(first.shardId)).toEqual({ matching: 40_000, touched: 200_000 });
    const indexed = { ...collection, settings: { recordIndexes: ["tags" as const] } };
    const served = await filterRows.read(
      { ...plan, collection: { ...indexed, id: 8 }, filter: tagged },
      [first],
      context,
    );
    expect(served.get(first.shardId)).toEqual({ matching: 40_000, touched: 40_000 });
    expect(asked).toEqual([]);
  });

  it("are what a scan has seen of them, once one has", async () => {
    const { filterRows } = create();
    await filterRows.read(plan, targets, context);
    filterRows.saw(plan, first, 0.25);
    const known = await filterRows.read(plan, targets, context);
    expect(known.get(first.shardId)?.matching).toBe(50_000);
    expect(known.get(second.shardId)?.matching).toBe(2_000);
  });

  it("are unknown of a node that does not answer, which the search itself finds out", async () => {
    const { filterRows } = create({ isDown: true });
    expect((await filterRows.read(plan, targets, context)).size).toBe(0);
  });
});
