/** A PgBouncer in front of a server, ended with the test process at the latest. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./free-port.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { giveToServers, startServerProcess, waitUntilReady } from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

export interface PgBouncer {
  /** The superuser's URL, through it. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  readonly server: PostgresServer;
  readonly poolMode: "session" | "transaction" | "statement";
  /** Settings of sessions that it drops instead of refusing them. */
  readonly ignored?: readonly string[];
}

export async function startPgBouncer({
  server,
  poolMode,
  ignored = [],
}: PgBouncerOptions): Promise<PgBouncer> {
  const folder = createTempFolder("orrery-pgbouncer");
  const port = await freePort();
  const users = join(folder, "users");
  writeFileSync(users, '"postgres" ""');
  const settings = {
    listen_addr: "127.0.0.1",
    listen_port: port,
    unix_socket_dir: "",
    auth_type: "trust",
    auth_file: users,
    pool_mode: poolMode,
    ignore_startup_parameters: ["extra_float_digits", ...ignored].join(","),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(
    file,
    ["[databases]", `* = host=${server.host} port=${server.port}`, "[pgbouncer]", ...lines].join("\n"),
  );
  giveToServers(folder);
  const started = startServerProcess("pgbouncer", [file], folder);
  const url = `postgres://postgres@127.0.0.1:${port}/${server.database}`;
  const connect = async () => {
    const client = new pg.Client(url);
    await client.connect();
    await client.end();
  };
  await waitUntilReady(started, connect, "pgbouncer");
  return { url, stop: () => started.end("SIGTERM", 5_000) };
}
