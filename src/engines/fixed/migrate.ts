/**
 * Brings the schema of every node up to date and makes the nodes one cluster. Every step is one transaction
 * on one node and may be repeated, so a migration that was cut off is finished by running it again.
 */
import { OrreryError } from "../../errors.ts";
import { type Migration, readMigrations } from "../read-migrations.ts";
import { CATALOG_GROUP, type FixedNode, queryOn } from "./nodes.ts";

/**
 * Returns the versions applied on any node, ascending. Throws CONFIG_INVALID naming the node that is wrong.
 */
export async function migrateNodes(
  nodes: readonly FixedNode[],
  signal: AbortSignal,
): Promise<readonly number[]> {
  const migrations = readMigrations("postgres");
  const missing = await Promise.all(nodes.map((node) => missingOn(node, migrations, signal)));
  await Promise.all(
    nodes.map(async (node, index) => {
      for (const migration of missing[index] ?? []) await queryOn(node, signal)(asBlock(migration));
    }),
  );
  await joinCluster(nodes, signal);
  return [...new Set(missing.flat().map(({ version }) => version))].sort((a, b) => a - b);
}

async function missingOn(
  node: FixedNode,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<readonly Migration[]> {
  const query = queryOn(node, signal);
  const [facts] = await query(
    `SELECT current_setting('server_encoding'), to_regnamespace('orrery') IS NOT NULL,
  to_regclass('orrery.schema_versions') IS NOT NULL`,
  );
  const [encoding, hasSchema, hasVersions] = facts ?? [];
  if (encoding !== "UTF8") throw invalid(node, `has encoding ${String(encoding)}; it must be UTF8`);
  if (hasVersions !== true) {
    if (hasSchema === true) throw invalid(node, "has a schema orrery that is not of this engine");
    return migrations;
  }
  const [row] = await query("SELECT max(version) FROM orrery.schema_versions");
  const present = Number(row?.[0] ?? 0);
  const newest = migrations.at(-1)?.version ?? 0;
  if (present > newest) {
    throw invalid(node, `has schema version ${present}, this program knows ${newest}: use a newer one`);
  }
  return migrations.filter(({ version }) => version > present);
}

/** A whole file as one statement, so that it is applied entirely or not at all. */
function asBlock({ version, sql }: Migration): string {
  return `DO $migration$
BEGIN
${sql}
INSERT INTO orrery.schema_versions (version) VALUES (${version});
END
$migration$`;
}

interface Identity {
  readonly node: FixedNode;
  readonly id: string;
  readonly clusterId: string | null;
  readonly group: number | null;
}

async function joinCluster(nodes: readonly FixedNode[], signal: AbortSignal): Promise<void> {
  const identities = await Promise.all(nodes.map((node) => readIdentity(node, signal)));
  const catalog = await catalogNode(identities, signal);
  for (const { node, id, clusterId, group } of [catalog, ...identities]) {
    const twin = identities.find((other) => other.id === id && other.node !== node);
    if (twin !== undefined)
      throw invalid(node, `is the same database as node ${twin.node.name}, or a copy of it`);
    if (clusterId !== null && clusterId !== catalog.clusterId) {
      throw invalid(
        node,
        `belongs to cluster ${clusterId}, node ${catalog.node.name} to ${catalog.clusterId}`,
      );
    }
    const given = await register(catalog.node, { id, name: node.name }, signal);
    if (group !== null && group !== given) {
      throw invalid(
        node,
        `is node group ${group}, but the catalogs on node ${catalog.node.name} say ${given}`,
      );
    }
    await queryOn(node, signal)(
      "UPDATE orrery.node SET cluster_id = $1, group_id = $2 WHERE cluster_id IS NULL",
      [catalog.clusterId, given],
    );
  }
  await refuseMissing(catalog.node, identities, signal);
}

async function readIdentity(node: FixedNode, signal: AbortSignal): Promise<Identity> {
  const [row] = await queryOn(node, signal)("SELECT id, cluster_id, group_id FROM orrery.node");
  const [id, clusterId, group] = row ?? [];
  return { node, id: id as string, clusterId: clusterId as string | null, group: group as number | null };
}

/** The node that has the catalogs; the first one configured becomes it when the cluster is new. */
async function catalogNode(
  identities: readonly Identity[],
  signal: AbortSignal,
): Promise<Identity & { readonly clusterId: string }> {
  const present = identities.find(({ group }) => group === CATALOG_GROUP);
  const member = identities.find(({ clusterId }) => clusterId !== null);
  if (present === undefined && member !== undefined) {
    throw invalid(
      member.node,
      `belongs to cluster ${member.clusterId}, whose node with the catalogs is not configured`,
    );
  }
  const chosen = present ?? identities[0];
  if (chosen === undefined) throw new OrreryError("CONFIG_INVALID", "no nodes are configured");
  const [row] = await queryOn(chosen.node, signal)(
    "UPDATE orrery.node SET cluster_id = coalesce(cluster_id, gen_random_uuid()::text), group_id = $1 RETURNING cluster_id",
    [CATALOG_GROUP],
  );
  return { ...chosen, clusterId: String(row?.[0]), group: CATALOG_GROUP };
}

/** Gives a new node the next group and a known one its new name. Returns its group. */
async function register(
  catalog: FixedNode,
  { id, name }: { readonly id: string; readonly name: string },
  signal: AbortSignal,
): Promise<number> {
  const [row] = await queryOn(catalog, signal)(
    `INSERT INTO orrery.nodes (group_id, node_id, name)
SELECT coalesce(max(group_id), 0) + 1, $1, $2 FROM orrery.nodes
ON CONFLICT (node_id) DO UPDATE SET name = excluded.name RETURNING group_id`,
    [id, name],
  );
  return Number(row?.[0]);
}

async function refuseMissing(
  catalog: FixedNode,
  identities: readonly Identity[],
  signal: AbortSignal,
): Promise<void> {
  const rows = await queryOn(catalog, signal)(
    `SELECT name FROM orrery.nodes n WHERE n.node_id <> ALL ($1::text[])
  AND EXISTS (SELECT FROM orrery.shards s WHERE s.group_id = n.group_id)`,
    [identities.map(({ id }) => id)],
  );
  if (rows.length === 0) return;
  const names = rows.map(([name]) => name).join(", ");
  throw new OrreryError("CONFIG_INVALID", `nodes that hold shards are not configured: ${names}`);
}

function invalid({ name }: FixedNode, problem: string): OrreryError {
  return new OrreryError("CONFIG_INVALID", `node ${name} ${problem}`, {
    details: { metadata: { node: name } },
  });
}
