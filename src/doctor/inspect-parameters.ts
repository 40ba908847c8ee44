/** Which settings do not suit the data, for `orrery doctor`. Part of the composition root. */

import { adviseParameters } from "../advice/advise-parameters.ts";
import type { KnownCluster, KnownCollection } from "../advice/known-cluster.ts";
import type { AdminQuery } from "../shards/pg/admin-session.ts";
import type { IndexForm } from "../shards/sql/distance.ts";
import { lacksOf } from "../topology/collection-lacks.ts";
import { decodeCollectionSettings } from "../topology/collection-settings.ts";
import type { Metric, Quantization } from "../topology/shard-map.ts";
import type { ParameterFact } from "./cluster-facts.ts";
import type { AskedNode } from "./inspect-node.ts";

/** With the name that users know it by. */
export interface NamedCollection extends KnownCollection {
  readonly name: string;
  /** As Collection.lacks of the API. */
  readonly lacks: readonly string[];
  readonly metric: Metric;
  /** What its vector index is over; undefined: it has none. */
  readonly indexed: IndexForm | undefined;
}

/** As the catalogs of either engine have them. */
export async function readCollections(query: AdminQuery): Promise<readonly NamedCollection[]> {
  const rows = await query(
    // Older schemas lack the last two.
    `SELECT name, table_name, dimension, metric, quantization, hnsw_m, hnsw_ef_construction,
       to_jsonb(c) -> 'settings' AS settings, (to_jsonb(c) -> 'unnormalized')::bool AS unnormalized FROM orrery.collections c`,
  );
  return rows.map((row) => ({
    metric: row.metric as Metric,
    indexed: indexedForm(row),
    name: String(row.name),
    table: String(row.table_name),
    dimension: Number(row.dimension),
    quantization: row.quantization as Quantization,
    hnsw: { m: Number(row.hnsw_m), efConstruction: Number(row.hnsw_ef_construction) },
    lacks: lacksOf({
      dimension: Number(row.dimension),
      settings: decodeCollectionSettings(row.settings ?? {}),
      ...(row.unnormalized === true && { unnormalized: true }),
    }),
  }));
}

function indexedForm({
  settings,
  unnormalized,
  quantization,
}: Record<string, unknown>): IndexForm | undefined {
  if (decodeCollectionSettings(settings ?? {}).index === "none") return undefined;
  return unnormalized === true ? "unnormalized-half" : (quantization as Quantization);
}

/**
 * `nodes`: all that answered. A shard that is on several, because it has just moved, counts once. Without
 * `isComplete`, a node did not answer, and what is advised for a collection would follow from a part of it.
 */
export function judgeParameters(
  collections: readonly NamedCollection[],
  { nodes, isComplete }: { readonly nodes: readonly AskedNode[]; readonly isComplete: boolean },
  settings: Pick<KnownCluster, "searches" | "indexWorkers" | "shardsMove">,
): readonly ParameterFact[] {
  const primaries = nodes.filter(({ standby }) => !standby);
  const shards = new Map(
    primaries.flatMap(({ name: node, shards: of = [] }) =>
      of.map(({ table: name, rows, indexBytes, indexScans: scans, writes }) => {
        const [, table = name, shard] = /^(.*)_(\d+)$/.exec(name) ?? [];
        const use = writes === undefined ? undefined : { scans, writes };
        const known = { table, name: `shard ${shard}`, node, rows, indexBytes };
        return [name, use === undefined ? known : { ...known, use }] as const;
      }),
    ),
  );
  const named = new Map(collections.map(({ table, name }) => [table, name]));
  return adviseParameters({ collections, nodes: primaries, shards: [...shards.values()], ...settings })
    .filter(({ of }) => of === "node" || isComplete)
    .map((advice) => ({
      subject: advice.of === "node" ? advice.node : `collection ${named.get(advice.table)}`,
      parameter: advice.parameter,
      present: advice.present,
      advised: advice.advised,
      reason: advice.reason,
    }));
}
