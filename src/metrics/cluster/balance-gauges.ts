/** Sizes of shards and node groups, and how uneven those are. */
import type { Registry } from "prom-client";
import type { Balance, ShardBalance } from "../../collectors/balance/balance.ts";
import { addReadMetric, type Sample } from "../families.ts";

export function addBalanceGauges(registry: Registry, latest: () => Balance | undefined): void {
  const gauge = (name: string, help: string, read: (balance: Balance) => readonly Sample[]) =>
    addReadMetric(registry, { name, help, type: "gauge" }, () => {
      const balance = latest();
      return balance === undefined ? [] : read(balance);
    });
  const ofShards = (name: string, help: string, sample: (shard: ShardBalance) => readonly Sample[]) =>
    gauge(name, help, ({ shards }) => shards.flatMap(sample));
  const ofNodes = (name: string, help: string, amount: (shard: ShardBalance) => number) =>
    gauge(name, help, ({ shards, nodes }) =>
      nodes.map(({ group, name: node }) => ({
        labels: { group, node },
        value: shards.filter((shard) => shard.node.group === group).reduce((sum, s) => sum + amount(s), 0),
      })),
    );

  ofShards("shard_size_bytes", "Size of a shard with indexes and TOAST.", ({ id, bytes }) => [
    { labels: { shard_id: id }, value: bytes },
  ]);
  ofShards("shard_row_count", "Live rows of a shard, by PostgreSQL's statistics.", ({ id, table, rows }) => [
    { labels: { shard_id: id, table_name: table }, value: rows },
  ]);
  ofShards("orrery_shard_index_bytes", "Size of a shard's HNSW index.", ({ id, indexBytes }) => [
    { labels: { shard_id: id }, value: indexBytes },
  ]);
  ofShards(
    "orrery_shard_index_bloat_ratio",
    "Index bytes per live row over their minimum since the index was built: 1 is as built.",
    ({ id, indexBloat }) =>
      indexBloat === undefined ? [] : [{ labels: { shard_id: id }, value: indexBloat }],
  );
  ofShards("orrery_shard_info", "Always 1; the placement of a shard.", ({ id, table, node }) => [
    { labels: { shard_id: id, table_name: table, group: node.group, node: node.name }, value: 1 },
  ]);
  ofNodes("orrery_node_shards", "Shards on a node group.", () => 1);
  ofNodes("orrery_node_size_bytes", "Size of the shards on a node group.", ({ bytes }) => bytes);
  ofNodes("orrery_node_rows", "Rows of the shards on a node group.", ({ rows }) => rows);
  ofNodes(
    "orrery_node_index_bytes",
    "Size of the HNSW indexes on a node group.",
    (shard) => shard.indexBytes,
  );
  gauge("orrery_shards_over_size", "Shards with more rows than one should have.", ({ tables }) =>
    tables.map(({ table, oversized }) => ({ labels: { table_name: table }, value: oversized })),
  );
  gauge(
    "orrery_parameters_misconfigured",
    "1 for each setting of a collection that differs from what is advised for its size.",
    ({ advice }) =>
      advice.flatMap((each) =>
        each.of === "collection"
          ? [{ labels: { table_name: each.table, parameter: each.parameter }, value: 1 }]
          : [],
      ),
  );
  gauge(
    "orrery_node_parameters_misconfigured",
    "1 for each setting of a server that differs from what is advised for its shards.",
    ({ advice, nodes }) =>
      advice.flatMap((each) => {
        const node = each.of === "node" ? nodes.find(({ name }) => name === each.node) : undefined;
        return node === undefined
          ? []
          : [{ labels: { group: node.group, node: node.name, parameter: each.parameter }, value: 1 }];
      }),
  );
  gauge(
    "orrery_imbalance_ratio",
    "max / mean - 1 over the node groups that may get shards.",
    ({ imbalance }) =>
      Object.entries(imbalance).flatMap(([by, value]) =>
        value === undefined ? [] : [{ labels: { by }, value }],
      ),
  );
}
