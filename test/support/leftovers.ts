import { expect } from "vitest";
import type { CitusCluster, CitusNode } from "./citus-cluster.ts";
import { waitFor } from "./wait-for.ts";

/**
 * What a cluster change must not leave behind, as `node kind name`: rows of pg_dist_cleanup, replication
 * slots, subscriptions, publications, their roles, prepared transactions, and tables of shards on nodes that
 * do not hold them.
 */
export async function leftovers(cluster: CitusCluster, nodes = cluster.nodes): Promise<readonly string[]> {
  const cleanup = await cluster.sql("SELECT object_name FROM pg_dist_cleanup");
  const perNode = await Promise.all(nodes.map((node) => leftOn(node)));
  return [...cleanup.map(({ object_name }) => `cleanup ${object_name}`), ...perNode.flat()];
}

/** Waits until nothing is left, since Citus cleans up in the background. `except`: a suffix that may stay. */
export async function expectNothingLeft(
  cluster: CitusCluster,
  { except }: { readonly except?: string } = {},
): Promise<void> {
  const left = async () =>
    (await leftovers(cluster)).filter((what) => except === undefined || !what.endsWith(except));
  await waitFor(async () => (await left()).length === 0, { what: "nothing to be left" }).catch(() => {});
  expect(await left()).toEqual([]);
}

async function leftOn({ name, server }: CitusNode): Promise<readonly string[]> {
  const rows = await server.sql(
    `SELECT concat('slot ', slot_name) AS what FROM pg_replication_slots
UNION ALL SELECT concat('subscription ', subname) FROM pg_subscription
UNION ALL SELECT concat('publication ', pubname) FROM pg_publication
UNION ALL SELECT concat('role ', rolname) FROM pg_roles WHERE rolname LIKE 'citus\\_shard%'
UNION ALL SELECT concat('prepared ', gid) FROM pg_prepared_xacts
UNION ALL SELECT concat('table ', c.relname) FROM pg_class c
  WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname ~ '_\\d+$'
    AND EXISTS (SELECT FROM orrery.collections o WHERE c.relname LIKE replace(o.table_name, '_', '\\_') || '\\_%')
    AND NOT EXISTS (
      SELECT FROM pg_dist_placement p WHERE p.shardid = substring(c.relname FROM '\\d+$')::bigint
        AND p.groupid = (SELECT groupid FROM pg_dist_local_group))`,
  );
  return rows.map(({ what }) => `${name} ${what}`);
}
