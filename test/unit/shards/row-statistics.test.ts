import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Logger } from "../../../src/lib/logger.ts";
import type { NodeRunner } from "../../../src/shards/node-driver.ts";
import { keyRows, type RowStatistics, startRowStatistics } from "../../../src/shards/row-statistics.ts";
import { decodeStatistics, type ShardStatistics } from "../../../src/shards/sql/statistics.ts";
import type { Row } from "../../../src/shards/statement.ts";
import type { Collection, ShardMap } from "../../../src/topology/shard-map.ts";
import { collectionCutAt, RING } from "../query/cut-ring.ts";

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

function statistics(rows: number, distinctKeys: number, commonKeys: Readonly<Record<string, number>> = {}) {
  return { relation: "c_7_102000", rows, distinctKeys, commonKeys: new Map(Object.entries(commonKeys)) };
}

/** var_eq_const of PostgreSQL 15's selfuncs.c, line by line, for a column without nulls. */
function varEqConst({ rows, distinctKeys, commonKeys }: ShardStatistics, key: string): number {
  const numbers = [...commonKeys.values()].toSorted((a, b) => b - a);
  const match = commonKeys.get(key);
  let selec: number;
  if (match !== undefined) {
    selec = match;
  } else {
    let sumcommon = 0;
    for (const number of numbers) sumcommon += number;
    selec = Math.min(1, Math.max(0, 1 - sumcommon));
    const otherdistinct = distinctKeys - numbers.length;
    if (otherdistinct > 1) selec /= otherdistinct;
    const last = numbers.at(-1);
    if (last !== undefined && selec > last) selec = last;
  }
  return Math.min(1, Math.max(0, selec)) * rows;
}

describe("rows of a shard key", () => {
  it("rows of a shard key are estimated as PostgreSQL's planner does", () => {
    const anyStatistics = fc
      .record({
        rows: fc.integer({ min: 0, max: 1e7 }),
        distinct: fc.integer({ min: 0, max: 1e6 }),
        weights: fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 100 }),
        rest: fc.integer({ min: 0, max: 5000 }),
      })
      .map(({ rows, distinct, weights, rest }) => {
        const sum = rest + weights.reduce((a, b) => a + b, 0);
        return statistics(
          rows,
          distinct,
          Object.fromEntries(weights.map((weight, i) => [`k${i}`, weight / sum])),
        );
      });
    fc.assert(
      fc.property(anyStatistics, fc.integer({ min: 0, max: 120 }), (known, key) => {
        expect(keyRows(known, `k${key}`)).toBeCloseTo(varEqConst(known, `k${key}`), 6);
      }),
    );
  });

  it("rows of 400 equal namespaces are an equal share each, whether or not some are among the most common", () => {
    expect(keyRows(statistics(100_000, 400), "n1")).toBe(250);
    const common = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`n${index}`, 1 / 400]));
    expect(keyRows(statistics(100_000, 400, common), "n1")).toBe(250);
    expect(keyRows(statistics(100_000, 400, common), "n399")).toBeCloseTo(250);
  });

  it("rows of an unknown key are at most those of the least common known one", () => {
    expect(keyRows(statistics(1000, 3, { a: 0.5, b: 0.01 }), "c")).toBe(10);
  });

  it("a number of distinct values that PostgreSQL stores as a share of the rows is decoded", () => {
    expect(decodeStatistics(["r", 1000, -0.5, '["a"]', "[0.25]"])).toEqual({
      relation: "r",
      rows: 1000,
      distinctKeys: 500,
      commonKeys: new Map([["a", 0.25]]),
    });
    expect(decodeStatistics(["r", 0, null, null, null])).toMatchObject({ rows: 0, distinctKeys: 0 });
  });

  it("tags are kept with their shares, the most common hundred, and times with their bounds", () => {
    const tags = Array.from({ length: 150 }, (_, i) => `t${i}`);
    const shares = tags.map((_, i) => i / 1000);
    const row = [
      "r",
      1000,
      1,
      "[]",
      "[]",
      JSON.stringify(tags),
      JSON.stringify([...shares, 0, 0.149, 0]),
      "[1,5]",
    ];
    const { tags: decoded, createdAtUs } = decodeStatistics(row);
    expect(decoded?.common.size).toBe(100);
    expect(decoded?.common.get("t149")).toBe(0.149);
    expect(decoded?.leastShare).toBe(0.05);
    expect(createdAtUs).toEqual([1, 5]);
    expect(decodeStatistics(["r", 9, 1, "[]", "[]", null, null, null])).toMatchObject({
      tags: undefined,
      createdAtUs: undefined,
    });
  });
});

/** Nodes that have these statistics, by group; `undefined`: it never answers. */
function runnerOf(answers: Map<number, readonly Row[] | undefined>, asked: number[] = []): NodeRunner {
  return {
    async runOn(group, _statement, { signal }) {
      asked.push(group);
      const rows = answers.get(group);
      if (rows !== undefined) return { rows, waitedMs: 0, error: undefined };
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
}

const relationOf = ({ table }: Collection, shard: number) => `${table}_${shard}`;

describe("row statistics", () => {
  let map: ShardMap;
  let read: RowStatistics | undefined;
  const answers = new Map<number, readonly Row[] | undefined>();
  const asked: number[] = [];

  function start(): RowStatistics {
    const nodes = runnerOf(answers, asked);
    read = startRowStatistics({ nodes, map: () => map, relationOf, intervalMs: 1000, logger });
    return read;
  }
  const serve = (...collections: readonly Collection[]) => {
    map = { epoch: 1, clusterId: "c", nodes: [], collections };
  };

  beforeEach(() => {
    vi.useFakeTimers();
    answers.clear();
    asked.length = 0;
  });
  afterEach(async () => {
    await read?.close();
    vi.useRealTimers();
  });

  const whole = collectionCutAt([]);
  const halves = collectionCutAt([0], 200_000);

  it("row statistics are unknown before the first answer, then read periodically for each shard", async () => {
    serve(whole);
    answers.set(1, [["c_7_102000", 1000, 4, '["a"]', "[0.7]"]]);
    const rows = start();
    expect(rows.shardRows(whole, 102_000)).toBeUndefined();
    expect(rows.shardKeyRows(whole, 102_000, "a")).toBeUndefined();
    await vi.advanceTimersByTimeAsync(0);
    expect(rows.shardRows(whole, 102_000)).toBe(1000);
    expect(rows.shardKeyRows(whole, 102_000, "a")).toBe(700);
    answers.set(1, [["c_7_102000", 3000, 4, null, null]]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(rows.shardRows(whole, 102_000)).toBe(3000);
  });

  it("row statistics of a shard that was split off are its share of the last known; a key is whole in one part", async () => {
    serve(whole);
    answers.set(1, [["c_7_102000", 1000, 4, '["a"]', "[0.7]"]]);
    const rows = start();
    await vi.advanceTimersByTimeAsync(0);
    serve(halves);
    answers.set(1, []);
    expect(halves.shards.map(({ id }) => rows.shardRows(halves, id))).toEqual([500, 500]);
    expect(rows.shardKeyRows(halves, 200_001, "a")).toBe(700);
    expect(rows.shardKeyRows(halves, 200_001, "b")).toBeCloseTo(100);

    // Cut once more: the youngest statistics that cover the range count.
    answers.set(2, [["c_7_200001", 80, 4, null, null]]);
    await vi.advanceTimersByTimeAsync(1000);
    const quarters = collectionCutAt([0, RING.max / 2 + 0.5], 300_000);
    expect(quarters.shards.slice(1).map(({ id }) => rows.shardRows(quarters, id))).toEqual([40, 40]);
  });

  it("row statistics of a collection are dropped with it, and not used for another one", async () => {
    serve(whole);
    answers.set(1, [["c_7_102000", 1000, 4, null, null]]);
    const rows = start();
    await vi.advanceTimersByTimeAsync(0);
    const other = { ...whole, id: 8 };
    expect(rows.shardRows(other, 102_000)).toBeUndefined();
    serve(other);
    answers.set(1, []);
    await vi.advanceTimersByTimeAsync(1000);
    expect(rows.shardRows(whole, 102_000)).toBeUndefined();
  });

  it("row statistics of other nodes are still read while one node never answers", async () => {
    serve(halves);
    answers.set(2, [["c_7_200001", 1, 1, null, null]]);
    const rows = start();
    await vi.advanceTimersByTimeAsync(0);
    expect(rows.shardRows(halves, 200_001)).toBe(1);
    answers.set(2, [["c_7_200001", 2, 1, null, null]]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(rows.shardRows(halves, 200_001)).toBe(2);
    // One look at the silent node at a time.
    expect(asked.filter((group) => group === 1).length).toBeLessThan(5);
  });

  it("row statistics stop at once when closed", async () => {
    serve(whole);
    const rows = start();
    await rows.close();
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked).toHaveLength(1);
  });
});
