import type { Catalog, Collection, ShardMap } from "../../src/topology/shard-map.ts";

/** Two node groups; each collection has two shards, both on the group that `groups` names (default 1). */
export function sampleCatalog(groups: Readonly<Record<string, number>> = { words: 1 }): Catalog {
  return {
    clusterId: "cluster-1",
    nodes: [
      { id: 1, group: 1, name: "worker-1:5432", role: "primary" },
      { id: 2, group: 2, name: "worker-2:5432", role: "primary" },
    ],
    collections: Object.entries(groups).map(([name, group], index) =>
      sampleCollection(name, index + 1, group),
    ),
  };
}

export function sampleMap(epoch: number, groups?: Readonly<Record<string, number>>): ShardMap {
  return { ...sampleCatalog(groups), epoch };
}

function sampleCollection(name: string, id: number, group: number): Collection {
  return {
    id,
    name,
    table: `c_${id}`,
    dimension: 3,
    metric: "cosine",
    quantization: "none",
    hnsw: { m: 16, efConstruction: 64 },
    shards: [
      { id: 100 * id, group, min: -2147483648, max: -1 },
      { id: 100 * id + 1, group, min: 0, max: 2147483647 },
    ],
  };
}
