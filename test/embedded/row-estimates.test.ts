import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rowsOrThrow } from "../../src/shards/node-driver.ts";
import { startPgliteNode } from "../../src/shards/pglite/pglite-driver.ts";
import { keyRows } from "../../src/shards/row-statistics.ts";
import { decodeStatistics, statisticsStatement } from "../../src/shards/sql/statistics.ts";
import { unshared } from "../support/unshared.ts";

describe("the statistics of shards", () => {
  let driver: Awaited<ReturnType<typeof startPgliteNode>>;
  const signal = AbortSignal.timeout(60_000);
  const run = async (text: string) =>
    rowsOrThrow(await driver.run({ text, values: [], prepare: false }, { signal }));

  /** A table of 900 rows: 600 of `a`, the others of 30 keys of 10 each. */
  async function fill(table: string): Promise<void> {
    await run(`CREATE TABLE ${table} (shard_key text COLLATE "C" NOT NULL)`);
    await run(
      `INSERT INTO ${table} SELECT CASE WHEN i <= 600 THEN 'a' ELSE 'b' || i % 30 END FROM generate_series(1, 900) i`,
    );
  }

  async function read(...tables: readonly string[]) {
    const statement = statisticsStatement(tables.map((table) => `public.${table}`));
    return rowsOrThrow(await driver.run(statement, { signal })).map(decodeStatistics);
  }

  beforeAll(async () => {
    driver = await startPgliteNode({ node: "node-1", settings: {}, limits: unshared(1) });
  });
  afterAll(() => driver.close());

  it("the statistics of a shard are those of ANALYZE and estimate a key's rows", async () => {
    await fill("analysed");
    await run("ANALYZE analysed");
    const [statistics] = await read("analysed");
    if (statistics === undefined) throw new Error("no statistics");
    expect(statistics).toMatchObject({ relation: "public.analysed", rows: 900, distinctKeys: 31 });
    expect(keyRows(statistics, "a")).toBeCloseTo(600, 3);
    expect(keyRows(statistics, "b7")).toBeCloseTo(10, 3);
  });

  it("the statistics of a table are unknown before its first ANALYZE, even when building an index counted its rows", async () => {
    await fill("counted");
    await run("CREATE INDEX ON counted (shard_key)");
    expect(await run("SELECT reltuples FROM pg_class WHERE relname = 'counted'")).toEqual([[900]]);
    expect(await read("counted", "missing")).toEqual([]);
  });

  it("the statistics of an empty table say that it is empty", async () => {
    await run('CREATE TABLE empty (shard_key text COLLATE "C" NOT NULL)');
    await run("ANALYZE empty");
    expect(await read("empty")).toMatchObject([{ rows: 0 }]);
  });
});
