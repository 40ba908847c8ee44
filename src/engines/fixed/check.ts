/**
 * What the leader checks every few seconds: whether every node answers and holds the shards the catalogs say.
 */
import { isOrreryError } from "../../errors.ts";
import type { Finding } from "../../topology/findings.ts";
import type { Catalog, Node } from "../../topology/shard-map.ts";
import { decodeCatalog, READ_CATALOG } from "../catalog.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { readHeldShards } from "./sql/held-shards.ts";

export async function compareWithCatalogs(
  nodes: FixedNodes,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const catalog = decodeCatalog(await nodes.queryOn(CATALOG_GROUP, signal)(READ_CATALOG.text));
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
  return findings.flat();
}

function shardsOf(catalog: Catalog, { group }: Node): readonly number[] {
  return catalog.collections.flatMap(({ shards }) =>
    shards.filter((shard) => shard.group === group).map(({ id }) => id),
  );
}
