import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import {
  credentials as grpcCredentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { protoPath as healthProto } from "grpc-health-check";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";
import { listen } from "../../src/lib/listen.ts";
import { packageRoot } from "../../src/lib/package-root.ts";
import { f32, runMigrate } from "../support/coordinator.ts";
import { type CoordinatorProcess, startCoordinatorProcess } from "../support/coordinator-process.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { waitFor } from "../support/wait-for.ts";

const vector = f32([1, 2, 3]);

let server: PostgresServer;
let settings: Record<string, string>;
const processes: CoordinatorProcess[] = [];

async function serve(more: Readonly<Record<string, string>> = {}): Promise<CoordinatorProcess> {
  const started = await startCoordinatorProcess({ ...settings, ...more });
  processes.push(started);
  return started;
}

/** Blocks every read and write of the default collection until the returned function is called. */
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

/** `orrery serve` with exactly these settings. */
function runServe(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [join(packageRoot(), "dist/src/main.js"), "serve"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (chunk) => {
    log += chunk;
  });
  return { ended: once(child, "close").then(([code]) => code as number | null), log: () => log };
}

function createHealthClient(address: string) {
  const { grpc } = loadPackageDefinition(loadSync(healthProto, { enums: String })) as never as {
    readonly grpc: { readonly health: { readonly v1: { readonly Health: ServiceClientConstructor } } };
  };
  const client = new grpc.health.v1.Health(address, grpcCredentials.createInsecure());
  return {
    status: () =>
      new Promise<string>((resolve, reject) =>
        client.check?.({}, (error: Error | null, answer: { readonly status: string }) =>
          error === null ? resolve(answer.status) : reject(error),
        ),
      ),
    close: () => client.close(),
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
  await runMigrate(settings);
});

afterEach(() => Promise.all(processes.splice(0).map((started) => started.kill())));

afterAll(() => server?.stop());

describe("a serving process", () => {
  it("on SIGTERM a serving process takes no new calls, finishes the one under way and exits with 0", async () => {
    const serving = await serve();
    const { client, address, httpUrl } = serving;
    await client.vector.upsert({ records: [{ namespace: "n", key: "k", vector }] });
    const unlock = await lockTables();
    const underWay = client.vector.search({ namespaces: ["n"], vector }, { deadlineMs: 20_000 });
    await waitFor(waitingForLock, { what: "the search to wait for the lock" });

    serving.signal("SIGTERM");
    const notReady = async () => (await fetch(`${httpUrl}/readyz`)).status === 503;
    await waitFor(notReady, { what: "readiness to go" });
    const late = createClient(address);
    await expect(late.vector.count({ allNamespaces: true }, { deadlineMs: 2_000 })).rejects.toThrow();
    late.close();

    await unlock();
    expect((await underWay).hits.map(({ key }) => key)).toEqual(["k"]);
    expect(await serving.ended).toBe(0);
  });

  it("on a second signal a serving process exits at once", async () => {
    const serving = await serve();
    const { client, log } = serving;
    const unlock = await lockTables();
    const underWay = client.vector.search({ namespaces: ["n"], vector }, { deadlineMs: 20_000 });
    const failed = expect(underWay).rejects.toThrow();
    await waitFor(waitingForLock, { what: "the search to wait for the lock" });
    serving.signal("SIGTERM");
    await waitFor(() => log().includes("stopping"), { what: "the first signal to be taken" });
    serving.signal("SIGTERM");
    expect(await serving.ended).toBe(1);
    await failed;
    await unlock();
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
  });

  it("a serving process is not ready, by HTTP and by gRPC health, while no node answers", async () => {
    const { httpUrl, address } = await serve();
    const health = createHealthClient(address);
    await server.stop();
    try {
      const notReady = async () => (await fetch(`${httpUrl}/readyz`)).status === 503;
      await waitFor(notReady, { what: "readiness to go", timeoutMs: 60_000 });
      expect(await (await fetch(`${httpUrl}/readyz`)).json()).toMatchObject({
        ready: false,
        mapLoaded: true,
        groupsUp: [],
        groupsDown: [1],
      });
      await waitFor(async () => (await health.status()) === "NOT_SERVING", { what: "health to follow" });
      expect((await fetch(`${httpUrl}/livez`)).status).toBe(200);
    } finally {
      await server.restart();
    }
    const ready = async () => (await fetch(`${httpUrl}/readyz`)).status === 200;
    await waitFor(ready, { what: "readiness to come back", timeoutMs: 60_000 });
    await waitFor(async () => (await health.status()) === "SERVING", { what: "health to follow" });
    health.close();
  });

  it.each(["ORRERY_RPC_LISTEN", "ORRERY_HTTP_LISTEN"])(
    "a port of %s that is in use ends the start with 4 and the name of the setting, before a node is asked",
    async (variable) => {
      const holder = createServer();
      const address = await listen(holder, "127.0.0.1:0");
      try {
        // A node that never answers would delay anything that comes after the check.
        const { ended, log } = await runServe({
          ...settings,
          ORRERY_POSTGRES_URLS: "postgres://10.255.255.1/x",
          ORRERY_RPC_LISTEN: "127.0.0.1:0",
          ORRERY_HTTP_LISTEN: "127.0.0.1:0",
          [variable]: address,
        });
        expect(await ended).toBe(4);
        const setting = variable === "ORRERY_RPC_LISTEN" ? "rpc.listen" : "http.listen";
        expect(log()).toBe(
          `CONFIG_INVALID: ${setting}: ${address} is in use already: stop what listens there, or set another address\n`,
        );
      } finally {
        holder.close();
      }
    },
  );
});
