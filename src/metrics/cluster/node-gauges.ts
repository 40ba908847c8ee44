/** Every server of the cluster, as it reports itself. */
import type { Registry } from "prom-client";
import type { NodeStats } from "../../collectors/nodes/node-statement.ts";
import type { NodeSample } from "../../collectors/nodes/sample-nodes.ts";
import type { Node } from "../../topology/shard-map.ts";
import { addReadMetric, type Sample } from "../families.ts";

export function addNodeGauges(registry: Registry, latest: () => readonly NodeSample[] | undefined): void {
  const labelsOf = ({ group, name }: Node) => ({ group, node: name });
  const metric = (
    type: "gauge" | "counter",
    name: string,
    help: string,
    read: (state: NodeStats, labels: Sample["labels"]) => readonly Sample[],
  ) =>
    addReadMetric(registry, { name, help, type }, () =>
      (latest() ?? []).flatMap(({ node, stats }) => (stats === undefined ? [] : read(stats, labelsOf(node)))),
    );
  const plain = (name: string, help: string, value: (state: NodeStats) => number | null) =>
    metric("gauge", name, help, (state, labels) => {
      const known = value(state);
      return known === null ? [] : [{ labels, value: known }];
    });
  /** Several of one relation become one series: the least advanced. */
  const progress = (
    name: string,
    help: string,
    of: (state: NodeStats) => readonly { readonly relation: string; readonly progress: number | null }[],
  ) =>
    metric("gauge", name, help, (state, labels) => {
      const least = new Map<string, number>();
      for (const { relation, progress: done } of of(state))
        least.set(relation, Math.min(least.get(relation) ?? 1, done ?? 0));
      return [...least].map(([relation, value]) => ({ labels: { ...labels, relation }, value }));
    });

  addReadMetric(
    registry,
    {
      name: "orrery_node_reachable",
      help: "1 while a server answers the leader's collector.",
      type: "gauge",
    },
    () =>
      (latest() ?? []).map(({ node, stats }) => ({
        labels: labelsOf(node),
        value: Number(stats !== undefined),
      })),
  );
  metric("gauge", "orrery_node_role", "Always 1; the role a server reports.", ({ standby }, labels) => [
    { labels: { ...labels, role: standby ? "standby" : "primary" }, value: 1 },
  ]);
  plain("orrery_node_connections", "Connections to a server's databases.", (state) => state.connections);
  plain(
    "orrery_node_connections_max",
    "Connections that a server allows ordinary roles.",
    (s) => s.maxConnections,
  );
  plain("orrery_node_database_bytes", "Size of the database on a server.", (state) => state.databaseBytes);
  plain(
    "orrery_node_disk_free_bytes",
    "Free space on the disk with a server's data.",
    (state) => state.diskFreeBytes,
  );
  plain(
    "orrery_node_disk_total_bytes",
    "Size of the disk with a server's data.",
    (state) => state.diskTotalBytes,
  );
  metric("counter", "orrery_node_index_scans_total", "Scans of the shards' indexes.", (state, labels) => [
    { labels: { ...labels, index: "hnsw" }, value: state.hnswScans },
    { labels: { ...labels, index: "btree" }, value: state.btreeScans },
  ]);
  metric("counter", "orrery_node_sequential_scans_total", "Scans of whole shards.", (state, labels) => [
    { labels, value: state.sequentialScans },
  ]);
  metric("counter", "orrery_node_blocks_total", "Blocks read, by source.", (state, labels) => [
    { labels: { ...labels, source: "cache" }, value: state.blocksHit },
    { labels: { ...labels, source: "disk" }, value: state.blocksRead },
  ]);
  progress("orrery_index_build_progress_ratio", "Progress of running index builds, 0 to 1.", (s) => s.builds);
  progress("orrery_vacuum_progress_ratio", "Progress of running vacuums, 0 to 1.", (state) => state.vacuums);
}
