import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "../../src/client/client.ts";
import { loadConfig } from "../../src/config/load.ts";
import { migrateCluster } from "../../src/coordinator/migrate-cluster.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { f32 } from "../support/coordinator.ts";
import { freePort } from "../support/free-port.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { silentLogger } from "../support/stack.ts";
import { waitFor } from "../support/wait-for.ts";

const vector = f32([1, 2, 3]);

let server: PostgresServer;
let settings: Record<string, string>;
const processes: ChildProcess[] = [];

interface Serving {
  readonly process: ChildProcess;
  readonly client: Client;
  readonly address: string;
  readonly http: string;
  /** What it logged so far. */
  readonly log: () => string;
}

async function serve(more: Readonly<Record<string, string>> = {}): Promise<Serving> {
  const [rpcPort, httpPort] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${rpcPort}`;
  const env = {
    ...settings,
    ORRERY_RPC_LISTEN: address,
    ORRERY_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    ...more,
  };
  const started = spawn(process.execPath, [join(packageRoot(), "dist/src/main.js"), "serve"], { env });
  processes.push(started);
  let log = "";
  started.stderr.on("data", (chunk) => {
    log += chunk;
  });
  const http = `http://127.0.0.1:${httpPort}`;
  const isReady = async () => (await fetch(`${http}/readyz`).catch(() => undefined))?.status === 200;
  await waitFor(isReady, { what: "the process to be ready", timeoutMs: 20_000 });
  return { process: started, client: createClient(address), address, http, log: () => log };
}

/** Keeps every read and write of the default collection waiting until the function returned is called. */
async function lockTables(): Promise<() => Promise<void>> {
  const holder = new pg.Client({ connectionString: server.adminUrl });
  await holder.connect();
  const { rows } = await holder.query(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE tablename LIKE 'memory_entries%'",
  );
  expect(rows.length).toBeGreaterThan(0);
  await holder.query("BEGIN");
  for (const { name } of rows) await holder.query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
  return async () => {
    await holder.query("ROLLBACK");
    await holder.end();
  };
}

const waitingForLock = async () =>
  (
    await server.sql(
      "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%shard_read%'",
    )
  ).length > 0;

beforeAll(async () => {
  server = await startPostgres({ database: "orrery" });
  settings = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.adminUrl,
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_QUERY_STATISTICS_INTERVAL_MS: "3600000",
  };
  await migrateCluster(loadConfig({ env: settings }), silentLogger);
});

afterEach(() => {
  for (const started of processes.splice(0)) started.kill("SIGKILL");
});

afterAll(() => server?.stop());

describe("a serving process", () => {
  it("on SIGTERM a serving process takes no new calls, finishes the one under way and exits with 0", async () => {
    const { process: serving, client, address, http } = await serve();
    await client.vector.upsert({ records: [{ namespace: "n", key: "k", vector }] });
    const unlock = await lockTables();
    const underWay = client.vector.search({ namespaces: ["n"], vector }, { deadlineMs: 20_000 });
    await waitFor(waitingForLock, { what: "the search to wait for the lock" });

    serving.kill("SIGTERM");
    const notReady = async () => (await fetch(`${http}/readyz`)).status === 503;
    await waitFor(notReady, { what: "readiness to go" });
    const late = createClient(address);
    await expect(late.vector.count({ allNamespaces: true }, { deadlineMs: 2_000 })).rejects.toThrow();
    late.close();

    await unlock();
    expect((await underWay).hits.map(({ key }) => key)).toEqual(["k"]);
    const [code] = await once(serving, "exit");
    expect(code).toBe(0);
    client.close();
  });

  it("on a second signal a serving process exits at once", async () => {
    const { process: serving, client, log } = await serve();
    const unlock = await lockTables();
    const underWay = client.vector.search({ namespaces: ["n"], vector }, { deadlineMs: 20_000 });
    const failed = expect(underWay).rejects.toThrow();
    await waitFor(waitingForLock, { what: "the search to wait for the lock" });
    const exited = once(serving, "exit");
    serving.kill("SIGTERM");
    await waitFor(() => log().includes("stopping"), { what: "the first signal to be taken" });
    serving.kill("SIGTERM");
    expect(await exited).toEqual([1, null]);
    await failed;
    await unlock();
    client.close();
  });

  it("a serving process never logs a password, whatever its log level", async () => {
    const url = new URL(server.adminUrl);
    url.password = "hunter2";
    const { client, log } = await serve({ ORRERY_LOG_LEVEL: "trace", ORRERY_POSTGRES_URLS: url.href });
    await client.vector.search({ namespaces: ["n"], vector });
    await server.stop();
    await expect(client.vector.search({ namespaces: ["n"], vector })).rejects.toThrow(/node/);
    await server.restart();
    await waitFor(() => log().split("\n").length > 3, { what: "some lines of log" });
    expect(log()).not.toContain("hunter2");
    client.close();
  });
});
