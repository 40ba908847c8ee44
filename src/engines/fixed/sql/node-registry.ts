/** Who the nodes are: each keeps its identity, the catalogs the node group of each. */
import type { GroupId } from "../../../topology/shard-map.ts";
import { CATALOG_GROUP, type Query } from "../nodes.ts";

const READ_IDENTITY = "SELECT id, cluster_id, group_id FROM orrery.node";

const TAKE_CATALOGS =
  "UPDATE orrery.node SET cluster_id = coalesce(cluster_id, gen_random_uuid()::text), group_id = $1 RETURNING cluster_id";

const JOIN_CLUSTER = "UPDATE orrery.node SET cluster_id = $1, group_id = $2 WHERE cluster_id IS NULL";

const REGISTER = `INSERT INTO orrery.nodes (group_id, node_id, name)
SELECT coalesce(max(group_id), 0) + 1, $1, $2 FROM orrery.nodes
ON CONFLICT (node_id) DO UPDATE SET name = excluded.name RETURNING group_id`;

const MISSING = `SELECT name FROM orrery.nodes n WHERE n.node_id <> ALL ($1::text[])
  AND EXISTS (SELECT FROM orrery.shards s WHERE s.group_id = n.group_id)`;

const LIST_GROUPS = "SELECT group_id FROM orrery.nodes ORDER BY group_id";

export interface NodeIdentity {
  readonly id: string;
  /** null, like `group`: it has joined no cluster yet. */
  readonly clusterId: string | null;
  readonly group: GroupId | null;
}

/** On any node. */
export async function readIdentity(query: Query): Promise<NodeIdentity> {
  const [row] = await query(READ_IDENTITY);
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

/** On the node with the catalogs: gives a new node the next group and a known one its new name. */
export async function registerNode(
  query: Query,
  { id, name }: { readonly id: string; readonly name: string },
): Promise<GroupId> {
  const [row] = await query(REGISTER, [id, name]);
  return Number(row?.[0]);
}

/** On the node with the catalogs: names of nodes that hold shards and are not among `ids`. */
export async function findMissingNodes(query: Query, ids: readonly string[]): Promise<readonly string[]> {
  return (await query(MISSING, [ids])).map(([name]) => String(name));
}

/** On the node with the catalogs. */
export async function listGroups(query: Query): Promise<readonly GroupId[]> {
  return (await query(LIST_GROUPS)).map(([group]) => Number(group));
}
