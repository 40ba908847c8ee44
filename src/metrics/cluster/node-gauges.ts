/** Every server of the cluster, as it says itself. */
import type { Registry } from "prom-client";
import type { NodeLook } from "../../collectors/nodes/collect-nodes.ts";
import type { NodeState } from "../../collectors/nodes/node-statement.ts";
import type { Node } from "../../topology/shard-map.ts";
import { addReadMetric, type Sample } from "../families.ts";

export function addNodeGauges(registry: Registry, latest: () => readonly NodeLook[] | undefined): void {
  const labelsOf = ({ group, name }: Node) => ({ group, node: name });
  const metric = (
    type: "gauge" | "counter",
    name: string,
    help: string,
    read: (state: NodeState, labels: Sample["labels"]) => readonly Sample[],
  ) =>
    addReadMetric(registry, { name, help, type }, () =>
      (latest() ?? []).flatMap(({ node, state }) => (state === undefined ? [] : read(state, labelsOf(node)))),
    );
  const plain = (name: string, help: string, value: (state: NodeState) => number | null) =>
    metric("gauge", name, help, (state, labels) => {
      const known = value(state);
      return known === null ? [] : [{ labels, value: known }];
    });
  /** Several of a relation become one series: the one that is least far. */
  const progress = (
    name: string,
    help: string,
    of: (state: NodeState) => readonly { readonly relation: string; readonly progress: number | null }[],
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
      (latest() ?? []).map(({ node, state }) => ({
        labels: labelsOf(node),
        value: Number(state !== undefined),
      })),
  );
  metric("gauge", "orrery_node_role", "Always 1; what a server says it is.", ({ standby }, labels) => [
    { labels: { ...labels, role: standby ? "standby" : "primary" }, value: 1 },
  ]);
  plain("orrery_node_connections", "Connections to a server's databases.", (state) => state.connections);
  plain("orrery_node_connections_max", "Connections it allows ordinary roles.", (s) => s.maxConnections);
  plain("orrery_node_database_bytes", "Size of the database on a server.", (state) => state.databaseBytes);
  plain("orrery_node_disk_free_bytes", "Free space where its data is.", (state) => state.diskFreeBytes);
  plain("orrery_node_disk_total_bytes", "Size of the disk its data is on.", (state) => state.diskTotalBytes);
  metric("counter", "orrery_node_index_scans_total", "Scans of the shards' indexes.", (state, labels) => [
    { labels: { ...labels, index: "hnsw" }, value: state.hnswScans },
    { labels: { ...labels, index: "btree" }, value: state.btreeScans },
  ]);
  metric("counter", "orrery_node_sequential_scans_total", "Scans of whole shards.", (state, labels) => [
    { labels, value: state.sequentialScans },
  ]);
  metric("counter", "orrery_node_blocks_total", "Blocks read, by where they came from.", (state, labels) => [
    { labels: { ...labels, source: "cache" }, value: state.blocksHit },
    { labels: { ...labels, source: "disk" }, value: state.blocksRead },
  ]);
  progress("orrery_index_build_progress_ratio", "Builds of indexes under way, 0 to 1.", (s) => s.builds);
  progress("orrery_vacuum_progress_ratio", "Vacuums under way, 0 to 1.", (state) => state.vacuums);
}
