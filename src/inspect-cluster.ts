/** Finds out what `orrery doctor` judges: what each node runs, and whether etcd answers. Part of the composition root. */
import type { ClusterFacts, NodeFacts } from "./cli/check-cluster.ts";
import type { Config } from "./config.ts";
import { readMigrations } from "./engines/read-migrations.ts";
import type { Logger } from "./lib/logger.ts";
import { withReleasers } from "./lib/releasers.ts";
import { type AdminQuery, withAdminSession } from "./shards/admin-session.ts";
import { nodeUrl } from "./shards/node-url.ts";
import { startEtcdStore } from "./topology/etcd-store.ts";

const TIMEOUT_MS = 10_000;
const SETTINGS = ["wal_level", "max_prepared_transactions", "output_plugin_libraries"];

interface InspectedNode {
  readonly name: string;
  readonly url: string;
}

/** Never throws for a node or an etcd that does not answer: that is a fact too. */
export async function inspectCluster(config: Config, logger: Logger): Promise<ClusterFacts> {
  const { engine } = config;
  const nodes = await Promise.all((await listNodes(config)).map((node) => inspectNode(node, config)));
  const schema = readMigrations(engine === "citus" ? "citus" : "postgres").at(-1)?.version ?? 0;
  const etcd = config.etcd.endpoints.length === 0 ? undefined : await inspectEtcd(config, logger);
  return { engine, schema, nodes, ...(etcd === undefined ? {} : { etcd }) };
}

/** The configured nodes, and with Citus all that its catalogs name. The embedded ones live in the serving process. */
async function listNodes({ engine, citus, postgres, node }: Config): Promise<readonly InspectedNode[]> {
  if (engine === "postgres") return postgres.urls.map((url) => ({ name: new URL(url).host, url }));
  const { url } = citus;
  if (engine === "embedded" || url === undefined) return [];
  const coordinator = { name: new URL(url).host, url };
  try {
    const rows = await ask(coordinator, (query) =>
      query(
        "SELECT concat(nodename, ':', nodeport) AS name FROM pg_dist_node WHERE isactive ORDER BY groupid, nodeid",
      ),
    );
    const names = rows.map(({ name }) => String(name));
    return names.length === 0
      ? [coordinator]
      : names.map((name) => ({ name, url: nodeUrl(url, name, node.addresses) }));
  } catch {
    return [coordinator]; // what is wrong with it, its own inspection tells
  }
}

async function inspectNode(node: InspectedNode, { engine }: Config): Promise<NodeFacts> {
  try {
    return await ask(node, async (query) => {
      const settings = await query("SELECT name, setting FROM pg_settings WHERE name = ANY($1)", [SETTINGS]);
      const extensions = await query(
        "SELECT extname, extversion FROM pg_extension WHERE extname IN ('citus', 'vector')",
      );
      const versionOf = (extension: string) =>
        extensions.find(({ extname }) => extname === extension)?.extversion;
      const [server] = await query("SELECT current_setting('server_version') AS version");
      const citus = engine === "citus" ? versionOf("citus") : undefined;
      const pgvector = versionOf("vector");
      const schema = await schemaVersion(query);
      return {
        name: node.name,
        postgres: String(server?.version),
        ...(citus === undefined ? {} : { citus: String(citus) }),
        ...(pgvector === undefined ? {} : { pgvector: String(pgvector) }),
        ...(schema === undefined ? {} : { schema }),
        settings: Object.fromEntries(settings.map(({ name, setting }) => [String(name), String(setting)])),
      };
    });
  } catch (error) {
    return { name: node.name, error: error instanceof Error ? error.message : String(error) };
  }
}

async function schemaVersion(query: AdminQuery): Promise<number | undefined> {
  const [hello] = await query("SELECT to_regprocedure('orrery.hello()') IS NOT NULL AS present");
  if (hello?.present !== true) return undefined;
  const [row] = await query("SELECT schema_version FROM orrery.hello()");
  return row === undefined ? undefined : Number(row.schema_version);
}

function ask<T>({ name, url }: InspectedNode, use: (query: AdminQuery) => Promise<T>): Promise<T> {
  return withAdminSession(
    { node: name, url, connectTimeoutMs: TIMEOUT_MS },
    AbortSignal.timeout(TIMEOUT_MS),
    use,
  );
}

async function inspectEtcd(
  { etcd, topology }: Config,
  logger: Logger,
): Promise<NonNullable<ClusterFacts["etcd"]>> {
  const { value, stop } = await withReleasers(async (keep) => {
    const store = startEtcdStore({ ...etcd, leaseTtlSeconds: topology.leaseTtlSeconds, logger });
    keep("etcd", () => store.close());
    return store.load().then(
      () => ({}),
      (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  await stop();
  return value;
}
