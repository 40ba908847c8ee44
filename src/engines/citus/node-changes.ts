/** Nodes: what the catalogs say of them, registering, taking out, and what the server itself must do then. */
import { quoteIdentifier } from "../../lib/quote-identifier.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
import { fromPgError } from "../../shards/pg-errors.ts";
import type { ClusterNode } from "../cluster-changes.ts";
import { addressOf, runFenced } from "./fenced.ts";
import { changesOfRights, OF_THIS_NODE, type Right, readRights } from "./rights.ts";
import { runAt } from "./run-at.ts";

export async function readNodes(query: AdminQuery): Promise<readonly ClusterNode[]> {
  const rows = await query(
    `SELECT nodeid, groupid, concat(nodename, ':', nodeport) AS name, noderole = 'primary' AS is_primary, isactive,
  shouldhaveshards, (
    SELECT count(*) FROM pg_dist_placement p JOIN pg_dist_shard s USING (shardid) JOIN pg_dist_partition t USING (logicalrelid)
    WHERE p.groupid = n.groupid AND t.partmethod <> 'n') AS shards
FROM pg_dist_node n ORDER BY nodeid`,
  );
  return rows.map(({ nodeid, groupid, name, is_primary, isactive, shouldhaveshards, shards }) => ({
    id: Number(nodeid),
    group: Number(groupid),
    name: String(name),
    role: is_primary === true ? "primary" : "standby",
    active: isactive === true,
    mayHoldShards: shouldhaveshards === true,
    shards: Number(shards),
  }));
}

const FORGET_LEFTOVERS = `WITH forgotten AS (
  DELETE FROM pg_dist_cleanup USING orrery.leadership
  WHERE term = $1 AND NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = node_group_id) RETURNING 1)
SELECT (SELECT count(*) FROM forgotten) FROM orrery.leadership WHERE term = $1`;

export async function addNode(
  query: AdminQuery,
  node: string,
  { term, standbyOf }: { readonly term: number; readonly standbyOf?: string },
): Promise<void> {
  const { host, port } = addressOf(node);
  if (standbyOf === undefined) {
    await runFenced(query, term, {
      text: "SELECT citus_add_node($2, $3::int) FROM orrery.leadership WHERE term = $1",
      values: [host, port],
    });
    return;
  }
  if ((await readNodes(query)).some(({ name }) => name === node)) return;
  const primary = addressOf(standbyOf);
  await runFenced(query, term, {
    text: "SELECT citus_add_secondary_node($2, $3::int, $4, $5::int) FROM orrery.leadership WHERE term = $1",
    values: [host, port, primary.host, primary.port],
  });
}

export async function hasReferenceTables(query: AdminQuery, node: string): Promise<boolean> {
  const { host, port } = addressOf(node);
  const [row] = await query(
    `SELECT count(*)::int AS missing FROM pg_dist_shard s JOIN pg_dist_partition t USING (logicalrelid)
WHERE t.partmethod = 'n' AND t.repmodel = 't' AND NOT EXISTS (
  SELECT FROM pg_dist_placement p JOIN pg_dist_node n USING (groupid)
  WHERE p.shardid = s.shardid AND n.nodename = $1 AND n.nodeport = $2::int)`,
    [host, port],
  );
  return Number(row?.missing) === 0;
}

export async function removeNode(
  query: AdminQuery,
  node: string,
  { term, unreachable }: { readonly term: number; readonly unreachable: boolean },
): Promise<void> {
  const known = (await readNodes(query)).find(({ name }) => name === node);
  if (known !== undefined) {
    const { host, port } = addressOf(node);
    // Citus tells a primary that it is removed, unless it is out of use. Synchronously, or the other nodes
    // would wait for it.
    if (unreachable && known.role === "primary" && known.active) {
      await runFenced(query, term, {
        text: "SELECT citus_disable_node($2, $3::int, synchronous := true) FROM orrery.leadership WHERE term = $1",
        values: [host, port],
      });
    }
    await runFenced(query, term, {
      text: "SELECT citus_remove_node($2, $3::int) FROM orrery.leadership WHERE term = $1",
      values: [host, port],
    });
  }
  // Nobody can drop the left-overs of changes on a node that nobody knows. A role that may not delete them
  // leaves them.
  await runFenced(query, term, { text: FORGET_LEFTOVERS }).catch((error: unknown) => {
    if (fromPgError(error, { node: "", write: true, sent: false }).code !== "NODE_NOT_MIGRATED") throw error;
  });
}

export async function setMayHoldShards(
  query: AdminQuery,
  node: string,
  may: boolean,
  term: number,
): Promise<void> {
  const { host, port } = addressOf(node);
  await runFenced(query, term, {
    text: "SELECT citus_set_node_property($2, $3::int, 'shouldhaveshards', $4) FROM orrery.leadership WHERE term = $1",
    values: [host, port, may],
  });
}

export async function setWritable(
  query: AdminQuery,
  node: string,
  writable: boolean,
  term: number,
): Promise<void> {
  if (!writable) {
    await runAt(query, node, "SELECT orrery.refuse_writes()", term);
    return;
  }
  const [row] = await query("SELECT current_database() AS name");
  const database = quoteIdentifier(String(row?.name));
  await runAt(
    query,
    node,
    `START TRANSACTION READ WRITE; SET LOCAL citus.enable_ddl_propagation TO off; ALTER DATABASE ${database} RESET default_transaction_read_only; COMMIT`,
    term,
  );
}

export async function endSessions(query: AdminQuery, node: string, term: number): Promise<number> {
  return Number(await runAt(query, node, "SELECT orrery.end_sessions()", term));
}

/** `present`: what the node has now. */
export async function setRights(
  query: AdminQuery,
  node: string,
  present: readonly Right[],
  term: number,
): Promise<void> {
  const changes = changesOfRights(present, await readRights(query));
  if (changes.length === 0) return;
  await runAt(query, node, ["START TRANSACTION", OF_THIS_NODE, ...changes, "COMMIT"].join("; "), term);
}
