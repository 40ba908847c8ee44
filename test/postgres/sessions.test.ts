/** What a session keeps for as long as it lives: its language, its rights to write, what it has prepared. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withAdminSession } from "../../src/shards/pg/admin-session.ts";
import type { PgDriver } from "../../src/shards/pg/pg-driver.ts";
import { backendOf, errorOf, openDriver, run } from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";

let server: PostgresServer;
const opened: PgDriver[] = [];

function open(pool: Parameters<typeof openDriver>[1] = {}, url = server.url()): PgDriver {
  const driver = openDriver(url, pool);
  opened.push(driver);
  return driver;
}

/** Ends in an error of PostgreSQL with this SQLSTATE. */
const raise = (sqlstate: string) =>
  `DO $$ BEGIN RAISE EXCEPTION 'nein' USING ERRCODE = '${sqlstate}', TABLE = '102008', DETAIL = '2'; END $$`;

beforeAll(async () => {
  server = await startPostgres({ language: "de_DE" });
  await server.sql("CREATE EXTENSION vector");
});

afterEach(() => Promise.all(opened.splice(0).map((driver) => driver.close())));

afterAll(() => server?.stop());

describe("a server whose messages are in German", () => {
  it("says so in its errors", async () => {
    const error = await errorOf(server.sql("SELECT 1 / 0"));
    expect(error).toMatchObject({ severity: "FEHLER", message: "Division durch Null" });
  });

  it("a refusal by the fence keeps its connection in every language", async () => {
    const driver = open({ max: 1 });
    const before = await backendOf(driver);
    for (let refusals = 0; refusals < 3; refusals += 1) {
      await expect(run(driver, raise("OR001"))).rejects.toMatchObject({
        code: "SHARD_MOVING",
        details: { metadata: { shard: "102008", owner: "2" } },
      });
    }
    await expect(run(driver, "SELECT 1 / 0")).rejects.toMatchObject({ code: "STATEMENT_FAILED" });
    expect(await backendOf(driver)).toBe(before);
  });

  it("an error that ends the session costs its connection in every language", async () => {
    const driver = open({ max: 1 });
    const before = await backendOf(driver);
    const end = "SELECT pg_terminate_backend(pg_backend_pid())";
    await expect(run(driver, end)).rejects.toMatchObject({ code: "NODE_UNAVAILABLE" });
    await expect(run(driver, end, [], { write: true })).rejects.toMatchObject({
      code: "WRITE_OUTCOME_UNKNOWN",
    });
    expect(await backendOf(driver)).not.toBe(before);
  });

  it("a statement whose table changed is prepared anew in every language", async () => {
    await server.sql("CREATE TABLE changing (a int)");
    const driver = open({ max: 1 });
    const insert = () =>
      run(driver, "INSERT INTO changing (a) VALUES ($1) RETURNING *", [1], { prepare: true, write: true });
    expect(await insert()).toEqual([[1]]);
    await server.sql("ALTER TABLE changing ADD b text DEFAULT 'new'");
    expect(await insert()).toEqual([[1, "new"]]);
  });

  it("a missing table of Orrery's own is told apart from a shard that moved in every language", async () => {
    await server.sql("CREATE SCHEMA orrery");
    await server.sql(
      "CREATE FUNCTION orrery.reads() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT a FROM orrery.gone); END'",
    );
    const driver = open();
    for (const text of ["SELECT a FROM orrery.gone", "SELECT orrery.reads()"]) {
      await expect(run(driver, text)).rejects.toMatchObject({ code: "NODE_NOT_MIGRATED" });
    }
    const admin = { node: "node-1", url: server.url(), connectTimeoutMs: 5_000 };
    const asked = withAdminSession(admin, new AbortController().signal, (query) =>
      query("SELECT a FROM orrery.gone"),
    );
    await expect(asked).rejects.toMatchObject({ code: "NODE_NOT_MIGRATED" });
    await expect(run(driver, "SELECT FROM memory_entries_102008")).rejects.toMatchObject({
      code: "SHARD_MOVING",
    });
  });
});

describe("a session that keeps what made it fail", () => {
  it("sessions from while the server took no writes do not outlive that time", async () => {
    await server.sql("CREATE TABLE written (i int)");
    const driver = open({ max: 5 });
    await server.sql(`ALTER DATABASE "${server.database}" SET default_transaction_read_only TO on`);
    try {
      await Promise.all(Array.from({ length: 5 }, () => run(driver, "SELECT pg_sleep(0.1)")));
      expect(driver.connections().idle).toBe(5);
    } finally {
      await server.sql(
        `BEGIN; SET TRANSACTION READ WRITE; ALTER DATABASE "${server.database}" RESET default_transaction_read_only; COMMIT`,
      );
    }
    const insert = () => run(driver, "INSERT INTO written VALUES (1)", [], { write: true });
    await expect(insert()).rejects.toMatchObject({ code: "NODE_MISMATCH", retry: "next-node" });
    await Promise.all(Array.from({ length: 10 }, insert));
    expect(await run(driver, "SELECT count(*) FROM written")).toEqual([[10n]]);
  });

  it.each(["25001", "25P02", "26000", "42P05", "53200", "XX000"])(
    "an error %s costs its connection, since the session may give it again",
    async (sqlstate) => {
      const driver = open({ max: 1 });
      const before = await backendOf(driver);
      await errorOf(run(driver, raise(sqlstate)));
      expect(await backendOf(driver)).not.toBe(before);
    },
  );
});

describe("prepared statements of a connection", () => {
  it("prepared statements never exceed their bound, and those used last are kept", async () => {
    const driver = open({ max: 1, preparedStatements: 5 });
    const ask = (n: number) => run(driver, `SELECT $1::int4 + ${n}`, [1], { prepare: true });
    const prepared = async () =>
      (await run(driver, "SELECT statement FROM pg_prepared_statements ORDER BY 1")).flat();
    const before = await backendOf(driver);
    for (let n = 0; n < 40; n += 1) {
      expect(await ask(n)).toEqual([[1 + n]]);
      expect(await ask(0)).toEqual([[1]]);
      expect((await prepared()).length).toBeLessThanOrEqual(5);
    }
    expect(await prepared()).toEqual([0, 36, 37, 38, 39].map((n) => `SELECT $1::int4 + ${n}`));
    expect(await ask(12)).toEqual([[13]]);
    expect(await backendOf(driver)).toBe(before);
  });

  it("statements that cannot be prepared leave the bound and the others as they are", async () => {
    const driver = open({ max: 1, preparedStatements: 3 });
    const ask = (n: number) => run(driver, `SELECT $1::int4 * ${n}`, [2], { prepare: true });
    for (let n = 0; n < 12; n += 1) {
      await expect(run(driver, `SELECT ${n} FROM nowhere`, [], { prepare: true })).rejects.toThrow();
      expect(await ask(n)).toEqual([[2 * n]]);
      expect(await ask(n)).toEqual([[2 * n]]);
    }
    const [row] = await run(driver, "SELECT count(*)::int4 FROM pg_prepared_statements");
    expect(row?.[0]).toBeLessThanOrEqual(3);
  });
});

describe("a connection URL with settings", () => {
  const query = (search: string) => `${server.url()}?${new URLSearchParams(search)}`;

  it("settings of the URL join those of the pool, which win", async () => {
    const options = "-c TimeZone=Asia/Tokyo -c work_mem=1MB -c statement_timeout=0";
    const url = query(`options=${options}&application_name=theirs&connect_timeout=10&channel_binding=prefer`);
    const driver = open({ workMem: "17MB", statementTimeoutMs: 54_321 }, url);
    const names = ["TimeZone", "work_mem", "statement_timeout", "jit", "application_name"];
    const rows = await run(
      driver,
      `SELECT ${names.map((name) => `current_setting('${name}')`).join()}, set_config('hnsw.ef_search', '40', true), current_setting('hnsw.iterative_scan')`,
    );
    expect(rows).toEqual([["Asia/Tokyo", "17MB", "54321ms", "off", "orrery", "40", "relaxed_order"]]);
  });

  it("settings of the URL leave the name of an operation's session and its limits as they are", async () => {
    const url = query("options=-c TimeZone=Asia/Tokyo&application_name=theirs&sslmode=disable");
    const admin = { node: "node-1", url, connectTimeoutMs: 5_000, applicationName: "orrery-op-7-1" };
    const names = [
      "application_name",
      "TimeZone",
      "client_connection_check_interval",
      "idle_in_transaction_session_timeout",
    ];
    const [row] = await withAdminSession(admin, new AbortController().signal, (ask) =>
      ask(`SELECT ARRAY[${names.map((name) => `current_setting('${name}')`).join()}] AS settings`),
    );
    expect(row?.settings).toEqual(["orrery-op-7-1", "Asia/Tokyo", "1s", "15s"]);
  });
});
