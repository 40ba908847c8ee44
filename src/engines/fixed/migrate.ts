/**
 * Brings the schema of every node up to date and makes the nodes one cluster. Every step is one transaction
 * on one node and may be repeated, so a migration that was cut off is finished by running it again.
 */
import { OrreryError } from "../../errors.ts";
import { type Migration, readMigrations } from "../read-migrations.ts";
import { CATALOG_GROUP, type FixedNode, queryOn } from "./nodes.ts";
import {
  findMissingNodes,
  joinCluster,
  type NodeIdentity,
  readIdentity,
  registerNode,
  takeCatalogs,
} from "./sql/node-registry.ts";
import { readSchema } from "./sql/schema-version.ts";

export interface MigratedNodes {
  /** Versions applied on any node, ascending. */
  readonly applied: readonly number[];
  /** Identities of the nodes. */
  readonly ids: readonly string[];
}

/** Throws CONFIG_INVALID naming the node that is wrong. */
export async function migrateNodes(nodes: readonly FixedNode[], signal: AbortSignal): Promise<MigratedNodes> {
  const migrations = readMigrations("postgres");
  const missing = await Promise.all(nodes.map((node) => missingOn(node, migrations, signal)));
  await Promise.all(
    nodes.map(async (node, index) => {
      for (const migration of missing[index] ?? []) await queryOn(node, signal)(asBlock(migration));
    }),
  );
  const ids = await joinNodes(nodes, signal);
  return { applied: [...new Set(missing.flat().map(({ version }) => version))].sort((a, b) => a - b), ids };
}

async function missingOn(
  node: FixedNode,
  migrations: readonly Migration[],
  signal: AbortSignal,
): Promise<readonly Migration[]> {
  const { encoding, version: present } = await readSchema(queryOn(node, signal));
  if (encoding !== "UTF8") throw invalid(node, `has encoding ${encoding}; it must be UTF8`);
  if (present === "foreign") throw invalid(node, "has a schema orrery that is not of this engine");
  if (present === "none") return migrations;
  const newest = migrations.at(-1)?.version ?? 0;
  if (present > newest) {
    throw invalid(node, `has schema version ${present}, this program knows ${newest}: use a newer one`);
  }
  return migrations.filter(({ version }) => version > present);
}

/** All of the schema, as it is applied to a node that has none of it. */
export function schemaStatements(): readonly string[] {
  return readMigrations("postgres").map(asBlock);
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

interface IdentifiedNode extends NodeIdentity {
  readonly node: FixedNode;
}

async function joinNodes(nodes: readonly FixedNode[], signal: AbortSignal): Promise<readonly string[]> {
  const identities = await Promise.all(
    nodes.map(async (node) => ({ node, ...(await readIdentity(queryOn(node, signal))) })),
  );
  const catalog = await catalogNode(identities, signal);
  for (const { node, id, clusterId, group } of [catalog, ...identities]) {
    // Embedded nodes are copies of one prepared database, so the server's own identity does not tell.
    const twin = identities.find((other) => other.id === id && other.node !== node);
    if (twin !== undefined)
      throw invalid(node, `is the same database as node ${twin.node.name}, or a copy of it`);
    if (clusterId !== null && clusterId !== catalog.clusterId) {
      throw invalid(
        node,
        `belongs to cluster ${clusterId}, node ${catalog.node.name} to ${catalog.clusterId}`,
      );
    }
    const given = await registerNode(queryOn(catalog.node, signal), { id, name: node.name, group });
    if (group !== null && group !== given) {
      throw invalid(
        node,
        `is node group ${group}, but the catalogs on node ${catalog.node.name} say ${given}`,
      );
    }
    await joinCluster(queryOn(node, signal), { clusterId: catalog.clusterId, group: given });
  }
  const ids = identities.map(({ id }) => id);
  await refuseMissing(catalog.node, ids, signal);
  return ids;
}

/** The node that has the catalogs; the first one configured becomes it when the cluster is new. */
async function catalogNode(
  identities: readonly IdentifiedNode[],
  signal: AbortSignal,
): Promise<IdentifiedNode & { readonly clusterId: string }> {
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
  const clusterId = await takeCatalogs(queryOn(chosen.node, signal));
  return { ...chosen, clusterId, group: CATALOG_GROUP };
}

async function refuseMissing(catalog: FixedNode, ids: readonly string[], signal: AbortSignal): Promise<void> {
  const missing = await findMissingNodes(queryOn(catalog, signal), ids);
  if (missing.length === 0) return;
  const named = missing.map(({ name, collections }) => `${name} (${collections})`).join(", ");
  throw new OrreryError(
    "CONFIG_INVALID",
    `nodes that hold shards of collections are not configured: ${named}. Configure them again; to leave a node out, export its collections and delete them first, and import them after it has left`,
  );
}

function invalid(node: FixedNode, problem: string): OrreryError {
  return new OrreryError("CONFIG_INVALID", `node ${node.name} ${problem}`, {
    details: { metadata: { node: node.name } },
  });
}
