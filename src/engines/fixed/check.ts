/**
 * What the leader checks every few seconds: whether every node answers and holds the shards the catalogs say.
 */
import { isOrreryError } from "../../errors.ts";
import type { Finding } from "../../topology/findings.ts";
import type { Catalog, Node } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { CATALOG_GROUP, type FixedNodes, queryOn } from "./nodes.ts";
import { readHeldShards } from "./sql/held-shards.ts";
import { readIdentity } from "./sql/node-registry.ts";

export async function compareWithCatalogs(
  nodes: FixedNodes,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const catalog = decodeCatalog(await nodes.queryOn(CATALOG_GROUP, signal)(READ_CATALOG.text));
  const twins = await findTwins(nodes, signal);
  const findings = await Promise.all(
    catalog.nodes.map(async (node): Promise<readonly Finding[]> => {
      try {
        const held = new Set(await readHeldShards(nodes.queryOn(node.group, signal)));
        const missing = shardsOf(catalog, node).filter((shard) => !held.has(shard));
        return missing.length === 0
          ? []
          : [{ node: node.name, problem: `lacks shards ${missing.join(", ")}` }];
      } catch (error) {
        if (!isOrreryError(error) || signal.aborted) throw error;
        return [{ node: node.name, problem: `does not answer: ${error.message}` }];
      }
    }),
  );
  return [...twins, ...findings.flat()];
}

/** Of two configured nodes that are one database, or a copy of it, whichever answers first would be used. */
async function findTwins(nodes: FixedNodes, signal: AbortSignal): Promise<readonly Finding[]> {
  const identities = await Promise.all(
    nodes.all.map(async (node) => ({
      name: node.name,
      id: await readIdentity(queryOn(node, signal)).then(
        ({ id }) => id,
        () => undefined, // reported below, if the cluster needs it
      ),
    })),
  );
  return identities.flatMap(({ name, id }, index) => {
    const twin = identities.slice(0, index).find((other) => id !== undefined && other.id === id);
    return twin === undefined
      ? []
      : [{ node: name, problem: `is the same database as node ${twin.name}, or a copy of it` }];
  });
}

function shardsOf(catalog: Catalog, { group }: Node): readonly number[] {
  return catalog.collections.flatMap(({ shards }) =>
    shards.filter((shard) => shard.group === group).map(({ id }) => id),
  );
}
