import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PgDriver } from "../../src/shards/pg/pg-driver.ts";
import {
  atOnce,
  backendOf,
  deadline,
  errorOf,
  openDriver,
  poolOf,
  run,
  underWay,
} from "../support/driver-fixture.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const LONG = "SELECT pg_sleep(600)";
/** The printable bytes of a cancel request's code. */
const CANCEL = "\u0016.";

let server: PostgresServer;
let proxy: TcpProxy;
const opened: PgDriver[] = [];

function open(pool: Parameters<typeof openDriver>[1] = {}, url = server.url()): PgDriver {
  const driver = openDriver(url, pool);
  opened.push(driver);
  return driver;
}

const throughProxy = () => server.url().replace(`:${server.port}/`, `:${proxy.port}/`);

/** Waits until the server runs this many statements of the driver. */
const serverRuns = (count: number) =>
  waitFor(async () => (await underWay(server)).length === count, { what: `the server to run ${count}` });

beforeAll(async () => {
  server = await startPostgres();
  proxy = await startTcpProxy({ target: server });
  await server.sql("CREATE TABLE written (i int)");
});

afterEach(() => Promise.all(opened.splice(0).map((driver) => driver.close())));

afterAll(async () => {
  await proxy?.close();
  await server?.stop();
});

describe("an abort", () => {
  it("an abort while waiting for a connection rejects at once and leaves the queue", async () => {
    const driver = open({ max: 1 });
    const end = deadline();
    const running = run(driver, "SELECT 1 FROM pg_sleep(0.5)");
    const waiting = run(driver, "INSERT INTO written VALUES (1)", [], { signal: end.signal, write: true });
    expect(poolOf(driver).waiting).toBe(1);
    end.abort();
    expect(await errorOf(waiting)).toBe(end.reason);
    expect(poolOf(driver).waiting).toBe(0);
    expect(await running).toEqual([[1]]);
    expect(await run(driver, "SELECT count(*) FROM written")).toEqual([[0n]]);
  });

  it("reports how long a statement waited for its connection, when it failed too", async () => {
    const driver = open({ max: 1 });
    const end = deadline();
    const select = { text: "SELECT 1", values: [], prepare: false };
    const { signal } = new AbortController();
    const running = run(driver, "SELECT 1 FROM pg_sleep(0.3)");
    const waiting = driver.run(select, { signal });
    const aborted = driver.run(select, { signal: end.signal });
    setTimeout(end.abort, 100);
    expect((await aborted).waitedMs).toBeGreaterThanOrEqual(90);
    expect(await aborted).toMatchObject({ rows: [], error: end.reason });
    await running;
    expect((await waiting).waitedMs).toBeGreaterThanOrEqual(200);
    expect(await driver.run(select, { signal })).toEqual({ rows: [[1]], waitedMs: 0, error: undefined });
  });

  it("an abort while connecting rejects at once, and the connection serves the next statement", async () => {
    const driver = open({ max: 1 }, throughProxy());
    const end = deadline();
    proxy.pause();
    const connecting = run(driver, "INSERT INTO written VALUES (1)", [], { signal: end.signal, write: true });
    await waitFor(() => driver.connections().total === 1, { what: "a connection to be opened" });
    end.abort();
    expect(await errorOf(connecting)).toBe(end.reason);
    proxy.resume();
    expect(await run(driver, "SELECT count(*) FROM written")).toEqual([[0n]]);
    expect(poolOf(driver)).toEqual({ total: 1, idle: 1, waiting: 0 });
  });

  it("connections that a firewall forgot cost one request its time, not one each", async () => {
    const driver = open({ max: 4 }, throughProxy());
    await Promise.all([1, 2, 3, 4].map(() => run(driver, "SELECT pg_sleep(0.1)")));
    expect(poolOf(driver)).toEqual({ total: 4, idle: 4, waiting: 0 });
    proxy.loseOpen();
    const end = deadline();
    const lost = run(driver, "SELECT 1", [], { signal: end.signal });
    end.abort();
    expect(await errorOf(lost)).toBe(end.reason);
    await waitFor(() => poolOf(driver).total === 0, { what: "the others to be closed" });
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });

  it("a cancel that is slow costs its own connection, not the idle ones of a server that is busy", async () => {
    const driver = open({ max: 4 }, throughProxy());
    const pids = () =>
      Promise.all(
        [1, 2, 3].map(() =>
          run(driver, "SELECT pg_backend_pid() FROM pg_sleep(0.2)").then((rows) => rows[0]?.[0]),
        ),
      );
    const end = deadline();
    const running = errorOf(run(driver, LONG, [], { signal: end.signal }));
    const before = await pids();
    expect(poolOf(driver)).toEqual({ total: 4, idle: 3, waiting: 0 });
    const cancels = proxy.hold(CANCEL);
    end.abort();
    expect(await running).toBe(end.reason);
    await waitFor(() => poolOf(driver).total < 4, { what: "the connection of the statement to be closed" });
    await waitFor(() => poolOf(driver).idle === 3, { what: "the others to answer" });
    expect((await pids()).toSorted()).toEqual(before.toSorted());
    cancels.release();
    await serverRuns(0);
  });

  it("connections that are doubted leave their places to requests", async () => {
    const driver = open({ max: 2 }, throughProxy());
    await Promise.all([1, 2].map(() => run(driver, "SELECT pg_sleep(0.1)")));
    proxy.loseOpen();
    const end = deadline();
    const lost = run(driver, "SELECT 1", [], { signal: end.signal });
    end.abort();
    expect(await errorOf(lost)).toBe(end.reason);
    await waitFor(() => poolOf(driver).idle === 0, { what: "the other one to be doubted" });
    // Far shorter than a doubted one may take to answer.
    const both = [1, 2].map(() => run(driver, "SELECT 1 FROM pg_sleep(2)"));
    await serverRuns(2);
    expect(await Promise.all(both)).toEqual([[[1]], [[1]]]);
    expect(poolOf(driver)).toEqual({ total: 2, idle: 2, waiting: 0 });
  });

  it("a statement that is aborted before it starts never reaches the server", async () => {
    const end = deadline();
    end.abort();
    const driver = open();
    expect(await errorOf(run(driver, "SELECT 1", [], { signal: end.signal }))).toBe(end.reason);
    expect(driver.connections().total).toBe(0);
  });

  it("an abort between two steps of the driver is noticed", async () => {
    const driver = open({ max: 1 });
    await run(driver, "SELECT 1");
    for (let turns = 0; turns < 8; turns += 1) {
      const end = deadline();
      const running = errorOf(run(driver, LONG, [], { signal: end.signal }));
      for (let turn = 0; turn < turns; turn += 1) await undefined;
      end.abort();
      expect(await running).toBe(end.reason);
    }
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });

  it("an abort of a running statement rejects at once, ends it on the server and keeps the connection", async () => {
    const driver = open({ max: 1 });
    const before = await backendOf(driver);
    const end = deadline();
    const running = errorOf(run(driver, LONG, [], { signal: end.signal }));
    await serverRuns(1);
    end.abort();
    expect(await atOnce(running)).toBe(end.reason);
    await serverRuns(0);
    expect(await backendOf(driver)).toBe(before);
  });

  it("an abort of a write under way reports that its outcome is unknown", async () => {
    const driver = open({ max: 1 });
    const end = deadline();
    const write = errorOf(run(driver, LONG, [], { signal: end.signal, write: true }));
    await serverRuns(1);
    end.abort();
    expect(await write).toMatchObject({ code: "WRITE_OUTCOME_UNKNOWN", cause: end.reason });
    await serverRuns(0);
  });

  it("an abort never cancels the next statement of the connection", async () => {
    const driver = open({ max: 1 });
    const before = await backendOf(driver);
    let cancelled = 0;
    for (let i = 0; i < 400; i += 1) {
      const end = deadline();
      const short = run(driver, "SELECT pg_sleep(0.001)", [], { signal: end.signal });
      // About when the statement ends by itself, on a busy machine too.
      setTimeout(end.abort, i % 16);
      const next = run(driver, "SELECT 1 FROM pg_sleep(0.001)");
      await short.catch(() => {
        cancelled += 1;
      });
      expect(await next).toEqual([[1]]);
    }
    expect(cancelled).toBeGreaterThan(0);
    expect(cancelled).toBeLessThan(400);
    expect(await backendOf(driver)).toBe(before);
  });

  it("a delayed cancel costs the connection, not the next statement", async () => {
    const driver = open({ max: 1 }, throughProxy());
    const before = await backendOf(driver);
    const cancels = proxy.hold(CANCEL);
    const end = deadline();
    const short = errorOf(run(driver, "SELECT pg_sleep(1)", [], { signal: end.signal }));
    await serverRuns(1);
    end.abort();
    expect(await short).toBe(end.reason);
    const next = run(driver, "SELECT pg_backend_pid() FROM pg_sleep(1)");
    await waitFor(async () => (await underWay(server)).some((text) => text.includes("pid")), {
      what: "the next statement",
    });
    expect(cancels.held()).toBe(1);
    cancels.release();
    const [row] = await next;
    expect(row?.[0]).not.toBe(before);
  });
});

describe("a frozen server", () => {
  it("a frozen server does not delay the caller after an abort, or take up places of the pool", async () => {
    const driver = open({ max: 3 });
    const end = deadline();
    const running = [0, 1, 2].map((i) => errorOf(run(driver, `${LONG}, ${i}`, [], { signal: end.signal })));
    await serverRuns(3);
    server.freeze();
    try {
      end.abort();
      expect(await atOnce(Promise.all(running))).toEqual([end.reason, end.reason, end.reason]);
      await waitFor(() => driver.connections().total === 0, { what: "the connections to be destroyed" });
      const late = deadline();
      const connecting = errorOf(run(driver, "SELECT 1", [], { signal: late.signal }));
      await waitFor(() => driver.connections().total === 1, { what: "a new connection" });
      late.abort();
      expect(await connecting).toBe(late.reason);
    } finally {
      server.thaw();
    }
    const rows = await Promise.all([0, 1, 2].map((i) => run(driver, `SELECT ${i} FROM pg_sleep(0.1)`)));
    expect(rows.flat(2)).toEqual([0, 1, 2]);
  });

  it("a frozen server does not prevent its connections from being closed", async () => {
    const driver = open();
    await run(driver, "SELECT 1");
    server.freeze();
    try {
      // It would wait for the server, which is thawed after that.
      await driver.close();
    } finally {
      server.thaw();
    }
  });

  it("connecting to a frozen server fails within the limit, and reports a write as not applied", async () => {
    const driver = open({ max: 1, connectTimeoutMs: 300 });
    server.freeze();
    try {
      for (const write of [false, true]) {
        await expect(run(driver, "SELECT 1", [], { write })).rejects.toMatchObject({
          code: "NODE_UNAVAILABLE",
        });
      }
    } finally {
      server.thaw();
    }
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });
});

describe("a connection that ends", () => {
  const ends: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      "at an admin's command",
      () =>
        server.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orrery'",
        ),
    ],
    ["with its server", () => server.restart()],
    ["by a crash of its server", () => server.kill().then(() => server.restart())],
    ["on the network", () => proxy.cut().then(() => proxy.heal())],
  ];

  it.each(ends)(
    "a connection that ends %s fails its read as unavailable, leaves its write unknown and is replaced",
    async (_, harm) => {
      const driver = open({}, throughProxy());
      const read = errorOf(run(driver, LONG, []));
      const write = errorOf(run(driver, `${LONG}, 2`, [], { write: true }));
      await serverRuns(2);
      await harm();
      expect(await read).toMatchObject({
        code: "NODE_UNAVAILABLE",
        details: { metadata: { node: "node-1" } },
      });
      expect(await write).toMatchObject({
        code: "WRITE_OUTCOME_UNKNOWN",
        details: { metadata: { node: "node-1" } },
      });
      for (const write of [false, true]) expect(await run(driver, "SELECT 1", [], { write })).toEqual([[1]]);
    },
  );

  it.each(ends)("an idle connection that ends %s is replaced before the next request", async (_, harm) => {
    const driver = open({}, throughProxy());
    await Promise.all([run(driver, "SELECT pg_sleep(0.1)"), run(driver, "SELECT pg_sleep(0.1)")]);
    expect(driver.connections().idle).toBe(2);
    await harm();
    await waitFor(() => driver.connections().total === 0, { what: "the ends of the connections" });
    for (const write of [false, true]) expect(await run(driver, "SELECT 1", [], { write })).toEqual([[1]]);
  });
});

describe("a server that is down", () => {
  it("a server that is down is unavailable to reads and writes, since nothing was sent", async () => {
    const driver = open();
    await server.stop();
    try {
      for (const write of [false, true]) {
        await expect(run(driver, "SELECT 1", [], { write })).rejects.toMatchObject({
          code: "NODE_UNAVAILABLE",
        });
      }
      expect(poolOf(driver)).toEqual({ total: 0, idle: 0, waiting: 0 });
    } finally {
      await server.restart();
    }
    expect(await run(driver, "SELECT 1")).toEqual([[1]]);
  });
});
