/** A real streaming standby of a test's PostgreSQL server, made by pg_basebackup. */
import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort } from "./free-port.ts";
import { type PostgresServer, postgresBinary, type Row, runSql } from "./postgres-server.ts";
import {
  giveToServers,
  type ServerProcess,
  startServerProcess,
  unprivileged,
  waitUntilReady,
} from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

export interface Standby {
  readonly host: string;
  readonly port: number;
  /** Runs one statement on it. */
  sql(text: string): Promise<Row[]>;
  stop(): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
}

/** `name` is its application_name; `slot` is created on the primary and used. */
export async function startStandby(
  primary: PostgresServer,
  { name, slot }: { readonly name: string; readonly slot?: string },
): Promise<Standby> {
  const folder = createTempFolder("orrery-standby");
  giveToServers(folder);
  const dataFolder = join(folder, "data");
  const port = await freePort();
  // A checkpoint during the backup, say of another one, must not remove log that this one still needs.
  await primary.sql("ALTER SYSTEM SET wal_keep_size = '256MB'");
  await primary.sql("SELECT pg_reload_conf()");
  await promisify(execFile)(
    postgresBinary("pg_basebackup"),
    [
      `--pgdata=${dataFolder}`,
      `--dbname=host=${primary.host} port=${primary.port} user=postgres application_name=${name}`,
      "--wal-method=stream",
      "--checkpoint=fast",
      "--no-sync",
      "--write-recovery-conf",
      ...(slot === undefined ? [] : ["--create-slot", `--slot=${slot}`]),
    ],
    { cwd: folder, ...unprivileged() },
  );
  appendFileSync(
    join(dataFolder, "postgresql.conf"),
    `port = ${port}\nunix_socket_directories = '${folder}'\nwal_receiver_status_interval = 1s\n`,
  );
  const url = `postgres://postgres@${primary.host}:${port}/${primary.database}`;
  const sql = (text: string) => runSql(url, text);
  let server: ServerProcess;
  const start = async () => {
    server = startServerProcess(postgresBinary("postgres"), ["-D", dataFolder], folder);
    await waitUntilReady(server, () => sql("SELECT 1"), `standby on port ${port}`);
  };
  await start();
  return { host: primary.host, port, sql, start, stop: () => server.end("SIGINT", 20_000) };
}
