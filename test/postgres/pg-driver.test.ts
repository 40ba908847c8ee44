import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PgDriver } from "../../src/shards/pg/pg-driver.ts";
import { backendOf, errorOf, openDriver, poolOf, run } from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

let server: PostgresServer;
const opened: PgDriver[] = [];

function open(pool: Parameters<typeof openDriver>[1] = {}, url = server.url()): PgDriver {
  const driver = openDriver(url, pool);
  opened.push(driver);
  return driver;
}

beforeAll(async () => {
  server = await startPostgres();
  await server.sql("CREATE EXTENSION vector");
});

afterEach(() => Promise.all(opened.splice(0).map((driver) => driver.close())));

afterAll(() => server?.stop());

describe("values", () => {
  /** Every 32nd bit pattern is a corner case of float32; the others are spread over all patterns. */
  const CORNERS = [0x80000000, 0, 1, 0x80000001, 0x7fffff, 0x800000, 0x7f7fffff, 0xff7fffff, 0x3f800000];
  const bits = Uint32Array.from({ length: 16_000 }, (_, i) =>
    i % 32 === 0 ? (CORNERS[(i / 32) % CORNERS.length] ?? 0) : Math.imul(i, 0x9e3779b1),
  ).filter((pattern) => (pattern & 0x7f800000) !== 0x7f800000);
  const vector = new Float32Array(bits.buffer, 0, bits.length);

  it("a vector keeps every bit, there and back", async () => {
    const [row] = await run(open(), "SELECT encode(vector_send($1::vector), 'hex'), $1::vector", [vector]);
    const [sent, back] = row ?? [];
    const expected = Buffer.alloc(4 + bits.length * 4);
    expected.writeInt16BE(bits.length, 0);
    for (const [i, pattern] of bits.entries()) expected.writeUInt32BE(pattern, 4 + 4 * i);
    expect(sent === expected.toString("hex")).toBe(true);
    const patterns = new Uint32Array((back as Float32Array).buffer);
    expect(patterns.findIndex((pattern, i) => pattern !== bits[i])).toBe(-1);
    expect(patterns).toHaveLength(bits.length);
  });

  it("values have the types of the contract", async () => {
    const rows = await run(
      open(),
      `SELECT $1::int8, 7::int2, 8::int4, 0.1::float8, 0.1::float4, true, false, NULL, $2::text, 'n'::name, 9::oid,
  $3::text[]::text, $4::int8[]::text, $5::float8, $6::boolean`,
      [
        2n ** 62n,
        "näme\u{1f600}\\'\"",
        ['a"b', "c,d", "NULL", "{}", "", null],
        [1n, -(2n ** 62n)],
        1e-300,
        true,
      ],
    );
    expect(rows).toEqual([
      [
        2n ** 62n,
        7,
        8,
        0.1,
        0.1,
        true,
        false,
        null,
        "näme\u{1f600}\\'\"",
        "n",
        9,
        '{"a\\"b","c,d","NULL","{}","",NULL}',
        "{1,-4611686018427387904}",
        1e-300,
        true,
      ],
    ]);
  });

  it("a value of a type that needs a cast fails only its statement", async () => {
    const driver = open();
    await expect(run(driver, "SELECT now()")).rejects.toMatchObject({
      code: "BUG",
      message: expect.stringContaining("cast it to a supported type"),
    });
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });
});

describe("sessions", () => {
  it("a session has the settings of the pool, even for a role without rights", async () => {
    await server.sql("CREATE ROLE nobody LOGIN");
    const driver = open(
      { statementTimeoutMs: 54_321, workMem: "17MB", maxScanTuples: 4_242 },
      server.url("nobody"),
    );
    const rows = await run(
      driver,
      `SELECT current_setting('statement_timeout'), current_setting('work_mem'),
  (SELECT set_config('hnsw.ef_search', '40', true)), current_setting('hnsw.max_scan_tuples'), current_setting('jit')`,
    );
    expect(rows).toEqual([["54321ms", "17MB", "40", "4242", "off"]]);
  });

  it("a session runs each statement in its own transaction", async () => {
    await server.sql("CREATE TABLE once (i int)");
    const driver = open({ max: 1 });
    await expect(
      run(driver, "INSERT INTO once SELECT 1 / i FROM generate_series(1, 0, -1) i"),
    ).rejects.toThrow();
    await run(driver, "SELECT set_config('work_mem', '1MB', true)");
    expect(await run(driver, "SELECT count(*), current_setting('work_mem') FROM once")).toEqual([
      [0n, "64MB"],
    ]);
  });

  it("a session goes on after an error of a statement", async () => {
    const driver = open({ max: 1 });
    const before = await backendOf(driver);
    await expect(run(driver, "SELECT 1 / 0")).rejects.toMatchObject({ code: "STATEMENT_FAILED" });
    expect(await backendOf(driver)).toBe(before);
  });
});

describe("errors", () => {
  it.each([
    ["OR001", "SHARD_MOVING"],
    ["40001", "STATEMENT_CONFLICT"],
    ["40P01", "STATEMENT_CONFLICT"],
    ["25006", "NODE_MISMATCH"],
    ["42501", "NODE_NOT_MIGRATED"],
    ["P0001", "STATEMENT_FAILED"],
  ])("an error with SQLSTATE %s becomes %s for reads and writes", async (sqlstate, code) => {
    const driver = open({ max: 1 });
    const raise = `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '${sqlstate}'; END $$`;
    for (const write of [false, true]) {
      await expect(run(driver, raise, [], { write })).rejects.toMatchObject({
        code,
        details: { metadata: { node: "node-1", sqlstate } },
      });
    }
  });

  it("an error that can strike at any moment leaves the outcome of a write open", async () => {
    const raise = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '53200'; END $$";
    await expect(run(open(), raise)).rejects.toMatchObject({ code: "OVERLOADED" });
    await expect(run(open(), raise, [], { write: true })).rejects.toMatchObject({
      code: "WRITE_OUTCOME_UNKNOWN",
    });
  });

  it("an error of the fence carries the shard, its owner and whether a change is being committed", async () => {
    const raise = (more: string) =>
      run(
        open(),
        `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'OR001', TABLE = '102008'${more}; END $$`,
      );
    const metadataOf = async (more: string) =>
      ((await errorOf(raise(more))) as { details: { metadata: Record<string, string> } }).details.metadata;
    const fixed = { node: "node-1", sqlstate: "OR001", shard: "102008" };
    expect(await metadataOf(", DETAIL = '7'")).toEqual({ ...fixed, owner: "7" });
    expect(await metadataOf(", HINT = 'committing'")).toEqual({ ...fixed, committing: "true" });
    expect(await metadataOf("")).toEqual(fixed);
  });

  it("distinguishes a missing table from a schema that was never migrated", async () => {
    await expect(run(open(), "SELECT FROM memory_entries_102008")).rejects.toMatchObject({
      code: "SHARD_MOVING",
    });
    for (const missing of ["SELECT FROM orrery.node", "SELECT orrery.hello()"]) {
      await expect(run(open(), missing)).rejects.toMatchObject({
        code: "NODE_NOT_MIGRATED",
        message: expect.stringMatching(/node-1.*orrery migrate/),
      });
    }
  });

  it("no error contains a password", async () => {
    const hba = join(server.dataFolder, "pg_hba.conf");
    writeFileSync(hba, `host all locked all scram-sha-256\n${readFileSync(hba, "utf8")}`);
    await server.sql("SELECT pg_reload_conf()");
    await server.sql("CREATE ROLE locked LOGIN PASSWORD 'right'");
    const secret = "hunter2-%C3%A4";
    const url = (user: string, at = `${server.host}:${server.port}`, database = server.database) =>
      `postgres://${user}:${secret}@${at}/${database}`;
    const refused = [
      [url("locked"), "CONFIG_INVALID"],
      [url("stranger"), "CONFIG_INVALID"],
      [url("postgres", undefined, "nowhere"), "CONFIG_INVALID"],
      [url("postgres", "127.0.0.1:1"), "NODE_UNAVAILABLE"],
      [url("postgres", "nowhere.invalid:1"), "NODE_UNAVAILABLE"],
    ] as const;
    for (const [address, code] of refused) {
      const error = await errorOf(run(open({}, address), "SELECT 1", [], { write: true }));
      expect(error).toMatchObject({ code });
      const everything = inspect(error, { depth: 10, showHidden: true });
      for (const text of [secret, decodeURIComponent(secret), "hunter2"])
        expect(everything).not.toContain(text);
    }
  });
});

describe("values that cannot be sent", () => {
  it("a value that cannot be sent fails its statement, not the process, and frees its place in the pool", async () => {
    const driver = open({ max: 1 });
    const unsendable = [new Float32Array(40_000)];
    for (const prepare of [true, false]) {
      await expect(run(driver, "SELECT $1::text", unsendable, { prepare })).rejects.toThrow();
      // A connection taken between a statement's error and the server's ReadyForQuery submits later.
      await expect(run(driver, "SELECT 1 / 0")).rejects.toMatchObject({ code: "STATEMENT_FAILED" });
      await expect(run(driver, "SELECT $1::text", unsendable, { prepare })).rejects.toThrow();
    }
    expect(await run(driver, "SELECT $1::text", ["x"], { prepare: true })).toEqual([["x"]]);
  });
});

describe("prepared statements", () => {
  it("a prepared statement survives a change of its table and runs once each time", async () => {
    await server.sql("CREATE TABLE changing (a int)");
    const driver = open({ max: 1 });
    const insert = () =>
      run(driver, "INSERT INTO changing (a) VALUES ($1) RETURNING *", [1], { prepare: true, write: true });
    expect(await insert()).toEqual([[1]]);
    const before = await backendOf(driver);
    await server.sql("ALTER TABLE changing ADD b text DEFAULT 'new'");
    expect(await insert()).toEqual([[1, "new"]]);
    expect(await backendOf(driver)).not.toBe(before);
    expect(await insert()).toEqual([[1, "new"]]);
    expect(await run(driver, "SELECT count(*) FROM changing")).toEqual([[3n]]);
  });

  it("a statement is prepared once per connection, and only when it asks for that", async () => {
    const driver = open({ max: 1 });
    for (const prepare of [true, true, false]) await run(driver, "SELECT $1::text", ["x"], { prepare });
    await run(driver, "SELECT $1::int4", [1], { prepare: false });
    expect(await run(driver, "SELECT statement FROM pg_prepared_statements")).toEqual([["SELECT $1::text"]]);
  });
});

describe("limits", () => {
  it("the pool never exceeds max, and uses all of it", async () => {
    await server.sql("CREATE ROLE counted LOGIN");
    const driver = open({ max: 3 }, server.url("counted"));
    const connections =
      "SELECT count(*)::int4 FROM pg_stat_activity, pg_sleep(0.02) WHERE usename = 'counted'";
    const rows = await Promise.all(Array.from({ length: 60 }, () => run(driver, connections)));
    expect(Math.max(...rows.map(([row]) => Number(row?.[0])))).toBe(3);
    expect(poolOf(driver)).toEqual({ total: 3, idle: 3, waiting: 0 });
  });

  it("a statement that does not fit into the queue is refused at once with a time to wait", async () => {
    const driver = open({ max: 1, queue: 1 });
    const accepted = [run(driver, "SELECT pg_sleep(0.2)"), run(driver, "SELECT 1")];
    expect(poolOf(driver).waiting).toBe(1);
    await expect(run(driver, "SELECT 2")).rejects.toMatchObject({
      code: "OVERLOADED",
      details: { retryDelayMs: expect.any(Number), metadata: { node: "node-1" } },
    });
    await Promise.all(accepted);
  });

  it("the server ends statements over its own limit", async () => {
    const driver = open({ statementTimeoutMs: 50 });
    await expect(run(driver, "SELECT pg_sleep(30)")).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
    await expect(run(driver, "SELECT pg_sleep(30)", [], { write: true })).rejects.toMatchObject({
      code: "WRITE_OUTCOME_UNKNOWN",
    });
  });

  it("connections are replaced at the end of their lifetime", async () => {
    const driver = open({ max: 1, maxLifetimeMs: 200 });
    const first = await backendOf(driver);
    await waitFor(async () => (await backendOf(driver)) !== first, { what: "another connection" });
    const lasting = open({ max: 1 });
    expect(await backendOf(lasting)).toBe(await backendOf(lasting));
  });

  it("connections are replaced after as many statements as maxUses says, whether these fail or not", async () => {
    const pids = async (driver: PgDriver, statements: number) => {
      const seen: number[] = [];
      for (let i = 0; i < statements; i += 1) {
        seen.push(await backendOf(driver));
        await expect(run(driver, "SELECT 1 / 0")).rejects.toThrow();
      }
      return seen;
    };
    const recycling = await pids(open({ max: 1, maxUses: 4 }), 6);
    const [a, b, c] = [recycling[0], recycling[2], recycling[4]];
    expect(recycling).toEqual([a, a, b, b, c, c]);
    expect(new Set(recycling).size).toBe(3);
    expect(new Set(await pids(open({ max: 1, maxUses: 0 }), 6)).size).toBe(1);
  });

  it("statements at the same time lose nothing while their connections are replaced", async () => {
    const driver = open({ max: 2, maxUses: 3 });
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) => run(driver, "SELECT $1::int8", [BigInt(i)])),
    );
    expect(answers.flat(2)).toEqual(Array.from({ length: 60 }, (_, i) => BigInt(i)));
    expect(driver.connections().total).toBeLessThanOrEqual(2);
  });

  it("retired connections finish their statements and then make room", async () => {
    const driver = open({ max: 2 });
    const SLOW_PID = "SELECT pg_backend_pid() FROM pg_sleep(0.2)";
    const both = () => Promise.all([run(driver, SLOW_PID), run(driver, SLOW_PID)]);
    const underWay = both();
    const running = "SELECT FROM pg_stat_activity WHERE state = 'active' AND query = $1";
    await waitFor(async () => (await server.sql(running, [SLOW_PID])).length === 2, {
      what: "two statements under way",
    });
    driver.retireConnections();
    const before = (await underWay).flat(2);
    const after = (await both()).flat(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect((await both()).flat(2).sort()).toEqual(after.sort());
  });
});

describe("close", () => {
  it("a closing driver lets running statements end and refuses new ones", async () => {
    await server.sql("CREATE ROLE closing LOGIN");
    const driver = open({ max: 1 }, server.url("closing"));
    const running = run(driver, "SELECT 3 FROM pg_sleep(0.2)");
    await waitFor(() => driver.connections().total === 1, { what: "a connection" });
    const closed = driver.close();
    await expect(run(driver, "SELECT 4", [], { write: true })).rejects.toMatchObject({
      code: "NODE_UNAVAILABLE",
    });
    expect(await running).toEqual([[3]]);
    await closed;
    const left = async () =>
      (await server.sql("SELECT FROM pg_stat_activity WHERE usename = 'closing'")).length === 0;
    await waitFor(left, { what: "the end of all connections" });
  });
});
