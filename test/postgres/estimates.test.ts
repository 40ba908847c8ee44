/** What PostgreSQL's statistics say of filters, asked over a real server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filterShare } from "../../src/query/plan/filter-share.ts";
import type { PgDriver } from "../../src/shards/pg/pg-driver.ts";
import { decodeEstimates, estimateStatement } from "../../src/shards/sql/estimate.ts";
import type { Filter } from "../../src/shards/sql/filter.ts";
import { decodeStatistics, statisticsStatement } from "../../src/shards/sql/statistics.ts";
import type { Statement } from "../../src/shards/statement.ts";
import { openDriver, run } from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

const ROWS = 20_000;
const branches = ['"public"."c_7_1"', '"public"."c_7_2"'].map((relation, index) => ({
  relation,
  shardId: index + 1,
  shardKeys: "all" as const,
}));

let server: PostgresServer;
let driver: PgDriver;

const ask = ({ text, values }: Statement) => run(driver, text, values);

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  driver = openDriver(server.url());
  for (const { relation } of branches) {
    await run(
      driver,
      `CREATE TABLE ${relation} (shard_key text, key text, tags text[], metadata jsonb, created_at timestamptz)`,
    );
    await run(
      driver,
      `INSERT INTO ${relation} SELECT 'n' || i % 10, 'k' || i, ARRAY['all', 't' || i % 20],
  jsonb_build_object('lang', 'l' || i % 4, 'n', i), to_timestamp(i) FROM generate_series(0, ${ROWS - 1}) i`,
    );
  }
  await run(driver, `CREATE INDEX c_7_1_tags ON c_7_1 USING gin (tags)`);
  for (const { relation } of branches) await run(driver, `ANALYZE ${relation}`);
});

afterAll(async () => {
  await driver?.close();
  await server?.stop();
});

const tag: Filter = { kind: "tags", match: "any", tags: ["t3"] };

describe("estimates of filters", () => {
  it("are near the truth for tags, and say whether an index of the filter finds them", async () => {
    const [indexed, plain] = decodeEstimates(
      await ask(estimateStatement({ branches, filter: tag })),
      branches,
    );
    for (const estimate of [indexed, plain]) {
      expect(estimate?.matching).toBeGreaterThan(ROWS / 20 / 1.5);
      expect(estimate?.matching).toBeLessThan((ROWS / 20) * 1.5);
    }
    expect([indexed?.isIndexed, plain?.isIndexed]).toEqual([true, false]);
  });

  it("are there for every kind of condition, and in the scope of a few namespaces", async () => {
    const filters: readonly Filter[] = [
      { kind: "eq", path: ["lang"], value: "l1" },
      { kind: "gt", path: ["n"], value: 5 },
      { kind: "exists", path: ["n"] },
      { kind: "keyPrefix", prefix: "k1" },
      { kind: "time", field: "created_at", fromUs: 5_000_000_000n },
      { kind: "not", filter: tag },
    ];
    for (const filter of filters) {
      const scoped = branches.map((branch) => ({ ...branch, shardKeys: ["n1", "n2"] }));
      for (const asked of [branches, scoped]) {
        const estimates = decodeEstimates(await ask(estimateStatement({ branches: asked, filter })), asked);
        expect(estimates).toHaveLength(2);
        for (const { matching } of estimates) expect(matching).toBeGreaterThan(0);
      }
    }
  });
});

it("statistics say how tags and times spread, so that filters of them are estimated without asking", async () => {
  const rows = await ask(statisticsStatement(branches.map(({ relation }) => relation)));
  const [statistics] = rows.map(decodeStatistics);
  if (statistics === undefined) throw new Error("no statistics");
  expect(statistics.tags?.common.get("all")).toBeCloseTo(1, 2);
  expect(filterShare(tag, statistics)).toBeCloseTo(1 / 20, 1);
  const half: Filter = { kind: "time", field: "created_at", fromUs: BigInt((ROWS / 2) * 1_000_000) };
  expect(filterShare(half, statistics)).toBeCloseTo(0.5, 1);
});
