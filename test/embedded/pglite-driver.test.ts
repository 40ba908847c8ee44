import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OrreryError } from "../../src/errors.ts";
import { rowsOrThrow } from "../../src/shards/node-driver.ts";
import type { PooledDriver } from "../../src/shards/node-pools.ts";
import { startPgliteNode } from "../../src/shards/pglite/pglite-driver.ts";
import type { StatementValue } from "../../src/shards/statement.ts";
import { createTempFolder } from "../support/temp-folder.ts";
import { unshared } from "../support/unshared.ts";

const SETTINGS = { work_mem: "64MB", "hnsw.max_scan_tuples": "100000" };
const forever = new AbortController().signal;

function start(dataFolder?: string, queue = 100): Promise<PooledDriver> {
  return startPgliteNode({ node: "node-1", dataFolder, settings: SETTINGS, limits: unshared(1, queue) });
}

async function run(
  driver: PooledDriver,
  text: string,
  values: readonly StatementValue[] = [],
  options: { readonly signal?: AbortSignal; readonly write?: boolean } = {},
) {
  return rowsOrThrow(await driver.run({ text, values, prepare: false }, { signal: forever, ...options }));
}

/** The first statement in the queue is sent by the next turn of the event loop. */
const sent = () => new Promise(setImmediate);

/** Keeps the node's one session busy. */
const BUSY = "SELECT pg_sleep(0.5)";

describe("a PGlite node", () => {
  let driver: PooledDriver;
  beforeAll(async () => {
    driver = await start();
  });
  afterAll(() => driver.close());

  it("a PGlite node passes values through exactly and returns columns in the contract's types", async () => {
    const vector = new Float32Array([0.1, -2.5e-8, 3e10]);
    const rows = await run(
      driver,
      `SELECT $1::vector, $2::int8, 7::int2, 8::int4, 0.1::float8, true, NULL, $3::text, 'n'::name,
  $4::text[]::text, $5::int8[]::text, $1::vector = $6::text::vector`,
      [vector, 2n ** 60n, "näme\u{1f600}", ['a"b', "c,d", "NULL", null], [1n, -2n], `[${vector.join(",")}]`],
    );
    expect(rows).toEqual([
      [
        vector,
        2n ** 60n,
        7,
        8,
        0.1,
        true,
        null,
        "näme\u{1f600}",
        "n",
        '{"a\\"b","c,d","NULL",NULL}',
        "{1,-2}",
        true,
      ],
    ]);
    expect(await run(driver, "SELECT 1::int8")).toEqual([[1n]]);
    expect(await run(driver, `SELECT '{"a": 1}'::json`)).toEqual([['{"a": 1}']]);
  });

  it("a PGlite node applies the session's settings", async () => {
    const rows = await run(
      driver,
      "SELECT current_setting('work_mem'), current_setting('hnsw.max_scan_tuples')",
    );
    expect(rows).toEqual([["64MB", "100000"]]);
  });

  it("a PGlite node converts errors by SQLSTATE and goes on", async () => {
    await expect(run(driver, "SELECT 1 / 0")).rejects.toMatchObject({
      code: "STATEMENT_FAILED",
      details: { metadata: { node: "node-1", sqlstate: "22012" } },
    });
    await expect(
      run(driver, "DO $$ BEGIN RAISE EXCEPTION 'gone' USING ERRCODE = 'OR001', TABLE = '7'; END $$"),
    ).rejects.toMatchObject({ code: "SHARD_MOVING", details: { metadata: { shard: "7" } } });
    await expect(run(driver, "SELECT $1::timestamptz", [true])).rejects.toMatchObject({
      code: "STATEMENT_FAILED",
    });
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });

  it("a PGlite node runs each statement in its own transaction", async () => {
    await run(driver, "CREATE TABLE once (i int)");
    await expect(
      run(driver, "INSERT INTO once SELECT 1 / i FROM generate_series(1, 0, -1) i"),
    ).rejects.toThrow();
    await run(driver, "SELECT set_config('work_mem', '1MB', true)");
    expect(await run(driver, "SELECT count(*), current_setting('work_mem') FROM once")).toEqual([
      [0n, "64MB"],
    ]);
  });

  it("a PGlite node stops waiting as soon as the signal aborts, and drops the result", async () => {
    const abort = new AbortController();
    const deadline = new OrreryError("DEADLINE_EXCEEDED", "too late");
    const busy = run(driver, BUSY, [], { signal: abort.signal });
    const next = run(driver, "SELECT 2");
    await sent();
    abort.abort(deadline);
    await expect(busy).rejects.toBe(deadline);
    expect(await next).toEqual([[2]]);
  });

  it("a PGlite node does not run a statement that was aborted before its turn", async () => {
    await run(driver, "CREATE TABLE turns (i int)");
    const abort = new AbortController();
    const busy = run(driver, BUSY);
    const waiting = run(driver, "INSERT INTO turns VALUES (1)", [], { signal: abort.signal, write: true });
    const reason = new OrreryError("CANCELLED", "gone");
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await busy;
    expect(await run(driver, "SELECT count(*) FROM turns")).toEqual([[0n]]);
  });

  it("a PGlite node reports an unknown outcome for a write that is aborted under way", async () => {
    const abort = new AbortController();
    const write = run(driver, BUSY, [], { signal: abort.signal, write: true });
    await sent();
    abort.abort(new OrreryError("DEADLINE_EXCEEDED", "too late"));
    await expect(write).rejects.toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
  });

  it("a PGlite node refuses at once what does not fit into its queue", async () => {
    const small = await start(undefined, 1);
    const accepted = [run(small, BUSY), run(small, "SELECT 1")];
    await expect(run(small, "SELECT 2")).rejects.toMatchObject({ code: "OVERLOADED" });
    await Promise.all(accepted);
    await small.close();
  });

  it("a PGlite node finishes what it accepted before it closes, and refuses what comes later", async () => {
    const closing = await start(undefined, 1);
    const accepted = [run(closing, BUSY), run(closing, "SELECT 3")];
    const closed = closing.close();
    await expect(run(closing, "SELECT 4")).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
    expect((await Promise.all(accepted))[1]).toEqual([[3]]);
    await closed;
  });
});

describe("a PGlite node whose database ends", () => {
  it("a PGlite node whose database ends is unavailable, and the outcome of a write under way is unknown", async () => {
    const driver = await start();
    // Overflows the WebAssembly stack before PostgreSQL's own check.
    await run(
      driver,
      "CREATE FUNCTION f(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN f(i + 1); END $$",
    );
    const write = run(driver, "SELECT f(1)", [], { write: true });
    const waiting = run(driver, "SELECT 1");
    await expect(write).rejects.toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN" });
    await expect(waiting).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
    await expect(run(driver, "SELECT 1", [], { write: true })).rejects.toMatchObject({
      code: "NODE_UNAVAILABLE",
    });
    await driver.close();
  });
});

describe("the data folder of a PGlite node", () => {
  it("the data folder of a PGlite node keeps the data and is released at the end", async () => {
    const folder = join(createTempFolder(), "node-1");
    const first = await start(folder);
    await run(first, "CREATE TABLE kept AS SELECT 'a' AS v");
    await expect(start(folder)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`in use by process ${process.pid}`),
    });
    await first.close();
    expect(readdirSync(folder).filter((name) => name.endsWith(".sock"))).toEqual([]);
    const second = await start(folder);
    expect(await run(second, "SELECT v FROM kept")).toEqual([["a"]]);
    await second.close();
  });

  it("the data folder of a PGlite node is taken over from a dead process, also from one with the same id", async () => {
    const folder = createTempFolder();
    for (const pid of [2 ** 30, process.pid]) {
      const newest = readdirSync(folder).filter((name) => name.startsWith("orrery.lock.")).length + 1;
      const holder = { pid, socket: "orrery.dead.sock" };
      writeFileSync(join(folder, `orrery.lock.${newest}`), JSON.stringify(holder));
      const driver = await start(folder);
      await expect(start(folder)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
      await driver.close();
    }
  });
});
