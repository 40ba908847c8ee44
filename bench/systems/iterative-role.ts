/**
 * Iterative index scans for SQL through the Citus coordinator node. The scans run in the workers' sessions,
 * which a SET in the user's session does not reach; `citus.propagate_set_commands` passes on SET LOCAL only,
 * at the price of a transaction and a SET per search. Settings of a role cost nothing per search: Citus
 * carries ALTER ROLE ... SET to the workers, and its connections to them log in as the user.
 */
import { type BenchCluster, runSql } from "../setup/cluster.ts";

const ROLE = "orrery_bench";

export interface IterativeRole {
  /** The Citus coordinator node as this role. */
  readonly url: string;
  /** Holds for connections opened from now on. */
  setEfSearch(efSearch: number): Promise<void>;
  drop(): Promise<void>;
}

export async function createIterativeRole(cluster: BenchCluster, table: string): Promise<IterativeRole> {
  await dropRole(cluster);
  await cluster.sql(`CREATE ROLE ${ROLE} LOGIN`);
  await cluster.sql(`GRANT SELECT ON ${table} TO ${ROLE}`);
  const set = async (name: string, value: string) => {
    await cluster.sql(`ALTER ROLE ${ROLE} SET ${name} = '${value}'`);
  };
  await set("hnsw.iterative_scan", "relaxed_order");
  await set("hnsw.max_scan_tuples", "100000");
  const url = new URL(cluster.url);
  url.username = ROLE;
  return {
    url: url.href,
    async setEfSearch(efSearch) {
      await set("hnsw.ef_search", String(efSearch));
      await checkOnWorkers(cluster, efSearch);
    },
    drop: () => dropRole(cluster),
  };
}

/** Throws unless sessions of the role on every node start with the settings. */
async function checkOnWorkers({ nodes }: BenchCluster, efSearch: number): Promise<void> {
  for (const { url, name } of nodes) {
    const asRole = new URL(url);
    asRole.username = ROLE;
    const [row] = await runSql(
      asRole.href,
      "SELECT current_setting('hnsw.ef_search') AS ef, current_setting('hnsw.iterative_scan') AS scan",
    );
    if (row?.ef !== String(efSearch) || row.scan !== "relaxed_order")
      throw new Error(`sessions of ${ROLE} on ${name} start without its settings`);
  }
}

async function dropRole(cluster: BenchCluster): Promise<void> {
  const [role] = await cluster.sql("SELECT FROM pg_roles WHERE rolname = $1", [ROLE]);
  if (role === undefined) return;
  await cluster.sql(`DROP OWNED BY ${ROLE}`);
  await cluster.sql(`DROP ROLE ${ROLE}`);
}
