/**
 * A PostgreSQL server in a fresh data folder on a free port, ended with the test process at the latest.
 */
import { execFile, execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort } from "./free-port.ts";
import {
  giveToServers,
  type ServerProcess,
  startServerProcess,
  unprivileged,
  waitUntilReady,
} from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

// biome-ignore lint/suspicious/noExplicitAny: only the test knows the types of its columns
export type Row = Record<string, any>;

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  /** The superuser's URL. */
  readonly adminUrl: string;
  readonly dataFolder: string;
  /** The postmaster's, which changes with `restart`. */
  readonly pid: number;
  /** The URL for `user` (default: the superuser `postgres`); every user is trusted. */
  url(user?: string): string;
  /** Runs one statement as the superuser on a connection of its own. */
  sql(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Fast shutdown. The data stays until the test process ends, so `restart` brings it back. */
  stop(): Promise<void>;
  /** SIGKILL to all its processes: a crash. */
  kill(): Promise<void>;
  /** SIGSTOP to all its processes: connections stay open and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and data, stopping it first if it runs. */
  restart(): Promise<void>;
}

export interface PostgresOptions {
  /** Lines of postgresql.conf that win over the defaults here. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly database?: string;
  /** The only address it listens on. */
  readonly host?: string;
  /** Of its messages, as in `de_DE`: made for this server from the package `locales`, in UTF-8. */
  readonly language?: string;
}

/**
 * Durability is off by default: only a machine that loses power would lose data by it, not a killed process.
 */
const DEFAULT_SETTINGS = {
  fsync: "off",
  full_page_writes: "off",
  max_connections: "200",
};

/** Path of one of PostgreSQL's programs. */
export function postgresBinary(name: string): string {
  return join(execFileSync("pg_config", ["--bindir"], { encoding: "utf8" }).trim(), name);
}

export async function startPostgres({
  settings = {},
  database = "orrery",
  host = "127.0.0.1",
  language,
}: PostgresOptions = {}): Promise<PostgresServer> {
  const folder = createTempFolder("orrery-postgres");
  giveToServers(folder);
  const dataFolder = join(folder, "data");
  const port = await freePort();
  await promisify(execFile)(
    postgresBinary("initdb"),
    // An ICU collation sorts differently from bytes, so a forgotten COLLATE "C" is noticed.
    [
      "-D",
      dataFolder,
      "-U",
      "postgres",
      "-A",
      "trust",
      "--no-sync",
      "--encoding=UTF8",
      "--locale-provider=icu",
      "--icu-locale=en-US",
      // The others may be in the machine's archive alone, which is not read beside locales made for the
      // server.
      ...(language === undefined ? [] : ["--locale=C"]),
    ],
    { cwd: folder, ...unprivileged() },
  );
  const allSettings = {
    ...DEFAULT_SETTINGS,
    listen_addresses: host,
    port: String(port),
    unix_socket_directories: folder,
    ...(language !== undefined && { lc_messages: `${language}.UTF-8` }),
    ...settings,
  };
  const env: Record<string, string> = language === undefined ? {} : { LOCPATH: makeLocale(language, folder) };
  const lines = Object.entries(allSettings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  appendFileSync(join(dataFolder, "postgresql.conf"), lines.join(""));

  let server: ServerProcess;
  const urlOf = (user: string, name: string) =>
    `postgres://${user}@${host.includes(":") ? `[${host}]` : host}:${port}/${name}`;
  const start = async () => {
    server = startServerProcess(postgresBinary("postgres"), ["-D", dataFolder], folder, env);
    await waitUntilReady(
      server,
      () => runSql(urlOf("postgres", "postgres"), "SELECT 1"),
      `PostgreSQL on port ${port}`,
    );
  };
  await start();
  await runSql(urlOf("postgres", "postgres"), `CREATE DATABASE "${database}"`);

  const signalAll = (signal: NodeJS.Signals) => {
    if (!server.running) return;
    for (const pid of [server.pid, ...childrenOf(server.pid)]) trySignal(pid, signal);
  };
  const freeze = () => {
    // The postmaster first, so that it starts no child after the list was read.
    if (server.running) process.kill(server.pid, "SIGSTOP");
    signalAll("SIGSTOP");
  };
  const stop = async () => {
    signalAll("SIGCONT");
    await server.end("SIGINT", 20_000);
  };
  return {
    host,
    port,
    database,
    adminUrl: urlOf("postgres", database),
    dataFolder,
    get pid() {
      return server.pid;
    },
    url: (user = "postgres") => urlOf(user, database),
    sql: (text, values) => runSql(urlOf("postgres", database), text, values),
    stop,
    async kill() {
      freeze();
      signalAll("SIGKILL");
      await server.end("SIGKILL", 10_000);
    },
    freeze,
    thaw: () => signalAll("SIGCONT"),
    async restart() {
      await stop();
      await start();
    },
  };
}

/** The folder it is in. Fails where `localedef` or the sources of the locale are missing. */
function makeLocale(language: string, folder: string): string {
  const name = `${language}.UTF-8`;
  const locales = join(folder, "locales");
  mkdirSync(locales);
  execFileSync("localedef", ["-i", language, "-f", "UTF-8", join(locales, name)], { stdio: "pipe" });
  return locales;
}

/** Runs one statement on a connection of its own. */
export async function runSql(
  connectionString: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  // The query reports a server that goes away; the event alone must not end the test process.
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended since.
  }
}
