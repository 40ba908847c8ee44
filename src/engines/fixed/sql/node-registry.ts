/** Who the nodes are: each keeps its identity, the catalogs the node group of each. */
import type { GroupId } from "../../../topology/shard-map.ts";
import { holdsLock, type LockToken } from "../catalog-lock.ts";
import { CATALOG_GROUP, type Query } from "../nodes.ts";

const READ_IDENTITY = "SELECT id, cluster_id, group_id FROM orrery.node";

/** For the prepared database: each of its copies gets an identity of its own. */
export const FORGET_IDENTITY = "DELETE FROM orrery.node";

const TAKE_IDENTITY = "INSERT INTO orrery.node DEFAULT VALUES RETURNING id, cluster_id, group_id";

const TAKE_CATALOGS =
  "UPDATE orrery.node SET cluster_id = coalesce(cluster_id, gen_random_uuid()::text), group_id = $1 RETURNING cluster_id";

const JOIN_CLUSTER = "UPDATE orrery.node SET cluster_id = $1, group_id = $2 WHERE cluster_id IS NULL";

const REGISTER = `INSERT INTO orrery.nodes (group_id, node_id, name)
SELECT CASE WHEN $3::int IS NULL OR $3 IN (SELECT group_id FROM orrery.nodes)
  THEN (SELECT coalesce(max(group_id), 0) + 1 FROM orrery.nodes) ELSE $3 END, $1, $2
ON CONFLICT (node_id) DO UPDATE SET name = excluded.name RETURNING group_id`;

// What is not live was left by a process that died; it does no harm and keeps no node.
const MISSING = `SELECT n.name, string_agg(DISTINCT c.name, ', ') FROM orrery.nodes n
JOIN orrery.shards s USING (group_id) JOIN orrery.collections c ON c.id = s.collection_id AND c.state = 'live'
WHERE n.node_id <> ALL ($1::text[]) GROUP BY n.name ORDER BY n.name`;

const FORGET = `WITH gone AS (
  DELETE FROM orrery.nodes n WHERE node_id <> ALL ($1::text[]) AND ${holdsLock("$2")} AND NOT EXISTS (
    SELECT FROM orrery.shards s JOIN orrery.collections c ON c.id = s.collection_id AND c.state = 'live'
    WHERE s.group_id = n.group_id)
  RETURNING group_id, name
), shards AS (DELETE FROM orrery.shards USING gone WHERE shards.group_id = gone.group_id)
SELECT name FROM gone ORDER BY name`;

const LIST = "SELECT group_id FROM orrery.nodes ORDER BY group_id";

export interface NodeIdentity {
  readonly id: string;
  /** null, like `group`: it has joined no cluster yet. */
  readonly clusterId: string | null;
  readonly group: GroupId | null;
}

/** On any node. A new copy of the prepared database takes its identity. */
export async function readIdentity(query: Query): Promise<NodeIdentity> {
  const [present] = await query(READ_IDENTITY);
  const [row] = present === undefined ? await query(TAKE_IDENTITY) : [present];
  const [id, clusterId, group] = row ?? [];
  return { id: id as string, clusterId: clusterId as string | null, group: group as number | null };
}

/** Makes a node the one with the catalogs; returns the id of its cluster, a new one if it had none. */
export async function takeCatalogs(query: Query): Promise<string> {
  const [row] = await query(TAKE_CATALOGS, [CATALOG_GROUP]);
  return String(row?.[0]);
}

/** Nothing happens on a node that has joined one. */
export async function joinCluster(
  query: Query,
  { clusterId, group }: { readonly clusterId: string; readonly group: GroupId },
): Promise<void> {
  await query(JOIN_CLUSTER, [clusterId, group]);
}

/**
 * On the node with the catalogs: gives a known node its new name and a new one a group, `group` if it is
 * free: that of a node that was left out and is back.
 */
export async function registerNode(
  query: Query,
  { id, name, group }: { readonly id: string; readonly name: string; readonly group: GroupId | null },
): Promise<GroupId> {
  const [row] = await query(REGISTER, [id, name, group]);
  return Number(row?.[0]);
}

/** On the node with the catalogs: nodes that are not among `ids` and hold shards of collections. */
export async function findMissingNodes(
  query: Query,
  ids: readonly string[],
): Promise<readonly { readonly name: string; readonly collections: string }[]> {
  return (await query(MISSING, [ids])).map(([name, collections]) => ({
    name: String(name),
    collections: String(collections),
  }));
}

/**
 * On the node with the catalogs: takes out nodes that are not among `ids` and hold nothing. Returns their
 * names.
 */
export async function forgetNodes(
  query: Query,
  ids: readonly string[],
  token: LockToken,
): Promise<readonly string[]> {
  return (await query(FORGET, [ids, token])).map(([name]) => String(name));
}

/** On the node with the catalogs. */
export async function listGroups(query: Query): Promise<readonly GroupId[]> {
  return (await query(LIST)).map(([group]) => Number(group));
}
