/** Which settings do not suit the data, for `orrery doctor`. Part of the composition root. */

import { adviseParameters } from "../advice/advise-parameters.ts";
import type { KnownCluster, KnownCollection } from "../advice/known-cluster.ts";
import type { AdminQuery } from "../shards/pg/admin-session.ts";
import type { Quantization } from "../topology/shard-map.ts";
import type { ParameterFact } from "./cluster-facts.ts";
import type { AskedNode } from "./inspect-node.ts";

/** As the catalogs of either engine have them. */
export async function readCollections(query: AdminQuery): Promise<readonly KnownCollection[]> {
  const rows = await query(
    "SELECT table_name, dimension, quantization, hnsw_m, hnsw_ef_construction FROM orrery.collections",
  );
  return rows.map((row) => ({
    table: String(row.table_name),
    dimension: Number(row.dimension),
    quantization: row.quantization as Quantization,
    hnsw: { m: Number(row.hnsw_m), efConstruction: Number(row.hnsw_ef_construction) },
  }));
}

/**
 * `nodes`: all that answered. A shard that is on several, because it has just moved, counts once.
 */
export function judgeParameters(
  collections: readonly KnownCollection[],
  nodes: readonly AskedNode[],
  settings: Pick<KnownCluster, "searches" | "indexWorkers">,
): readonly ParameterFact[] {
  const primaries = nodes.filter(({ standby }) => !standby);
  const shards = new Map(
    primaries.flatMap(({ name: node, shards: of = [] }) =>
      of.map(({ table: name, rows, indexBytes }) => {
        const table = name.replace(/_\d+$/, "");
        return [name, { table, name, node, rows, indexBytes }] as const;
      }),
    ),
  );
  return adviseParameters({ collections, nodes: primaries, shards: [...shards.values()], ...settings }).map(
    (advice) => ({
      subject: advice.of === "node" ? advice.node : advice.table,
      parameter: advice.parameter,
      present: advice.present,
      advised: advice.advised,
      reason: advice.reason,
    }),
  );
}
