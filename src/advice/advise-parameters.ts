/** Which settings of collections, nodes and searches do not suit the data. Pure. */
import { adviseCollection, type CollectionParameter } from "./advise-collection.ts";
import { adviseNode, type NodeParameter } from "./advise-node.ts";
import type { KnownCluster, KnownShard } from "./known-cluster.ts";

/** One setting that differs from what is advised. */
export type Advice = {
  readonly present: string;
  readonly advised: string;
  /** Why, with the figures it follows from; a clause without a full stop. */
  readonly reason: string;
} & (
  | { readonly of: "collection"; readonly table: string; readonly parameter: CollectionParameter }
  | { readonly of: "node"; readonly node: string; readonly parameter: NodeParameter }
);

/** No advice on nodes without shards or collections without rows. */
export function adviseParameters({
  collections,
  nodes,
  shards,
  searches,
  indexWorkers,
  shardsMove,
}: KnownCluster): readonly Advice[] {
  const outgrown = new Set(
    nodes
      .filter(({ name, memory }) => indexBytesOn(name, shards) > memory.effectiveCacheBytes)
      .map(({ name }) => name),
  );
  return [
    ...collections.flatMap((collection) => {
      const { table } = collection;
      const own = shards.filter((shard) => shard.table === table);
      const outgrows = own.some(({ node, indexBytes }) => indexBytes > 0 && outgrown.has(node));
      const advice = adviseCollection({
        collection,
        shards: own,
        searches,
        outgrowsMemory: outgrows,
        shardsMove,
      });
      return advice.map((each) => ({ ...each, of: "collection" as const, table }));
    }),
    ...nodes.flatMap(({ name, memory }) => {
      const own = shards.filter(({ node }) => node === name);
      const advice = adviseNode({ memory, shards: own, collections, searches, indexWorkers, shardsMove });
      return advice.map((each) => ({ ...each, of: "node" as const, node: name }));
    }),
  ];
}

function indexBytesOn(name: string, shards: readonly KnownShard[]): number {
  return shards.reduce((sum, { node, indexBytes }) => (node === name ? sum + indexBytes : sum), 0);
}
