/** The Citus cluster that is measured: one started for the run, or the one of ORRERY_CITUS_URL. */
import { readFileSync } from "node:fs";
import pg from "pg";
import { startCitusCluster } from "../../test/support/citus-cluster.ts";

export interface BenchNode {
  readonly group: number;
  /** `host:port` as Citus names it. */
  readonly name: string;
  /** As the superuser. */
  readonly url: string;
  /** Of the postmaster, when it runs on this machine. */
  readonly pid: number | undefined;
}

export interface BenchCluster {
  /** The Citus coordinator node, as the superuser. */
  readonly url: string;
  readonly nodes: readonly BenchNode[];
  /** What it runs and how it is set, for the report. */
  readonly settings: Readonly<Record<string, string>>;
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/**
 * Where they differ from PostgreSQL's defaults: all data and indexes stay in memory, JIT is off and work_mem
 * is what Orrery asks for, so that every system runs under the same. Durability is PostgreSQL's default, on.
 */
const SETTINGS = {
  shared_buffers: "512MB",
  work_mem: "64MB",
  jit: "off",
  max_connections: "1200",
  max_wal_size: "8GB",
  fsync: "on",
  full_page_writes: "on",
};

const REPORTED = [
  "server_version",
  "shared_buffers",
  "work_mem",
  "jit",
  "max_connections",
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "max_wal_size",
];

export async function openCluster(options: {
  readonly url: string | undefined;
  readonly workers: number;
}): Promise<BenchCluster> {
  if (options.url !== undefined) return describe(options.url, async () => {});
  const cluster = await startCitusCluster({ workers: options.workers, settings: SETTINGS });
  return describe(cluster.adminUrl, () => cluster.stop());
}

async function describe(url: string, stop: () => Promise<void>): Promise<BenchCluster> {
  const sql = (text: string, values?: readonly unknown[]) => runSql(url, text, values);
  const rows = await sql(
    "SELECT groupid, nodename, nodeport FROM pg_dist_node WHERE noderole = 'primary' ORDER BY groupid",
  );
  const nodes = await Promise.all(
    rows.map(async ({ groupid, nodename, nodeport }) => {
      const nodeUrl = new URL(url);
      nodeUrl.hostname = String(nodename);
      nodeUrl.port = String(nodeport);
      return {
        group: Number(groupid),
        name: `${nodename}:${nodeport}`,
        url: nodeUrl.href,
        pid: await postmasterPid(nodeUrl),
      };
    }),
  );
  return { url, nodes, settings: await readSettings(sql), sql, stop };
}

async function readSettings(sql: BenchCluster["sql"]): Promise<Readonly<Record<string, string>>> {
  const settings = await sql("SELECT name, current_setting(name) AS value FROM unnest($1::text[]) name", [
    REPORTED,
  ]);
  const extensions = await sql(
    "SELECT extname AS name, extversion AS value FROM pg_extension WHERE extname IN ('citus', 'vector')",
  );
  return Object.fromEntries([...extensions, ...settings].map(({ name, value }) => [name, String(value)]));
}

async function postmasterPid(url: URL): Promise<number | undefined> {
  if (!["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) return undefined;
  const [row] = await runSql(url.href, "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1) AS pid");
  const pid = Number(row?.pid);
  return isPostgres(pid) ? pid : undefined;
}

/** False for the pid of a server in a container. */
function isPostgres(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("postgres");
  } catch {
    return false;
  }
}

/** One statement on a connection of its own. */
export async function runSql(
  url: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
