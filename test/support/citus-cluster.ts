/** A real Citus cluster of local processes: one coordinator node and some workers. */
import { execFileSync } from "node:child_process";
import {
  type PostgresOptions,
  type PostgresServer,
  postgresBinary,
  startPostgres,
} from "./postgres-server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export interface CitusNode {
  /** `host:port` as Citus's catalogs name the node: its own address, or that of its proxy. */
  readonly name: string;
  readonly server: PostgresServer;
  readonly proxy?: TcpProxy;
}

export interface CitusCluster {
  readonly coordinator: PostgresServer;
  readonly workers: readonly PostgresServer[];
  /** The coordinator node, then the workers, in the order of their Citus group ids (0, 1, 2 ...). */
  readonly nodes: readonly CitusNode[];
  /** One per worker when the cluster was started `proxied`, else empty. */
  readonly proxies: readonly TcpProxy[];
  /** The superuser's URL of the coordinator node. */
  readonly url: string;
  readonly adminUrl: string;
  /** Runs one statement on the coordinator node, see `PostgresServer.sql`. */
  readonly sql: PostgresServer["sql"];
  stop(): Promise<void>;
}

export interface CitusOptions {
  readonly workers?: number;
  /**
   * Registers each worker under the address of a fault proxy of its own, so traffic between nodes passes it.
   */
  readonly proxied?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function startCitusCluster(options: CitusOptions = {}): Promise<CitusCluster> {
  const { workers: workerCount = 3, proxied = false } = options;
  const { settings } = options;
  const servers = await Promise.all(
    Array.from({ length: workerCount + 1 }, () => startCitusNode({ ...(settings && { settings }) })),
  );
  const [coordinator, ...workers] = servers as [PostgresServer, ...PostgresServer[]];
  const proxies = proxied ? await Promise.all(workers.map((target) => startTcpProxy({ target }))) : [];
  const nodes = servers.map((server, group) => {
    const proxy = proxies[group - 1];
    const { host, port } = proxy ?? server;
    return { name: `${host}:${port}`, server, ...(proxy && { proxy }) };
  });

  await coordinator.sql("SELECT citus_set_coordinator_host($1, $2)", [coordinator.host, coordinator.port]);
  for (const worker of workers.map((server, index) => proxies[index] ?? server)) {
    await coordinator.sql("SELECT citus_add_node($1, $2)", [worker.host, worker.port]);
  }
  return {
    coordinator,
    workers,
    nodes,
    proxies,
    url: coordinator.url(),
    adminUrl: coordinator.adminUrl,
    sql: coordinator.sql,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      await Promise.all(proxies.map((proxy) => proxy.close()));
    },
  };
}

/** A server with Citus and pgvector that belongs to no cluster yet. */
export async function startCitusNode({ settings, host }: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await startPostgres({
    settings: { ...citusSettings(host), ...settings },
    ...(host !== undefined && { host }),
  });
  await server.sql("CREATE EXTENSION citus");
  await server.sql("CREATE EXTENSION vector");
  return server;
}

function citusSettings(host = "127.0.0.1"): Record<string, string> {
  return {
    shared_preload_libraries: "citus",
    wal_level: "logical",
    max_prepared_transactions: "400",
    max_replication_slots: "64",
    max_wal_senders: "64",
    max_worker_processes: "64",
    max_logical_replication_workers: "32",
    max_sync_workers_per_subscription: "4",
    wal_retrieve_retry_interval: "1s",
    "citus.defer_shard_delete_interval": "1s",
    "citus.local_hostname": host,
    // In clear text, so that a fault proxy can read the traffic between nodes.
    "citus.node_conninfo": "sslmode=disable",
    // Releases since late 2026 refuse a non-blocking split unless its output plugin is listed; older ones do
    // not have the setting.
    ...(knowsSetting("output_plugin_libraries") && { output_plugin_libraries: "pgoutput, citus" }),
  };
}

/** Whether the installed PostgreSQL has this setting. */
export function knowsSetting(name: string): boolean {
  const known = execFileSync(postgresBinary("postgres"), ["--describe-config"], { encoding: "utf8" });
  return known.includes(`\n${name}\t`);
}
