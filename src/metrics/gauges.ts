/** Gauges of the coordinator's state, read at each scrape. */
import type { Registry } from "prom-client";
import type { MemoryBudget } from "../lib/memory-budget.ts";
import type { QueueState } from "../shards/admission.ts";
import type { PoolState } from "../shards/node-driver.ts";
import { addReadMetric, type Sample } from "./families.ts";

export interface GaugeSources {
  /** Epoch of the served map; 0 before the first publication. */
  mapEpoch(): number;
  /** Since the map was last confirmed to be the newest. */
  mapAgeSeconds(): number;
  mapStoreReachable(): boolean;
  leader(): boolean;
  nodes(): readonly { readonly node: string; readonly up: boolean }[];
  /** Open connections and what waits for one. */
  connections(): readonly (PoolState & { readonly node: string })[];
  /** Connections a pool may open. */
  readonly maxConnections: number;
  /** What requests hold. */
  readonly memory: Pick<MemoryBudget, "totalBytes" | "heldBytes" | "refused">;
}

export function addGauges(registry: Registry, sources: GaugeSources): void {
  const gauge = (name: string, help: string, read: () => readonly Sample[]) =>
    addReadMetric(registry, { name, help, type: "gauge" }, read);
  const plain = (name: string, help: string, read: () => number | boolean) =>
    gauge(name, help, () => [{ labels: {}, value: Number(read()) }]);
  plain("orrery_map_epoch", "Epoch of the served shard map.", sources.mapEpoch);
  plain(
    "orrery_map_age_seconds",
    "Time since the map was last confirmed to be the newest.",
    sources.mapAgeSeconds,
  );
  plain("orrery_map_store_reachable", "1 while etcd answers.", sources.mapStoreReachable);
  plain("orrery_leader", "1 on the coordinator that publishes the map.", sources.leader);
  plain("db_connections_active", "Connections running a statement, over all nodes.", () =>
    sources.connections().reduce((sum, { total, idle }) => sum + total - idle, 0),
  );
  plain(
    "orrery_memory_held_bytes",
    "Memory that requests hold: requests, rows, answers.",
    () => sources.memory.heldBytes,
  );
  plain(
    "orrery_memory_budget_bytes",
    "Memory that requests may hold at once.",
    () => sources.memory.totalBytes,
  );
  addReadMetric(
    registry,
    {
      name: "orrery_memory_refused_total",
      help: "Refusals of more memory: to a call that holds its share (call), or while requests hold all (all).",
      type: "counter",
    },
    () => [
      { labels: { reason: "call" }, value: sources.memory.refused.account },
      { labels: { reason: "all" }, value: sources.memory.refused.all },
    ],
  );
  gauge("orrery_node_up", "1 while the node answers this coordinator.", () =>
    sources.nodes().map(({ node, up }) => ({ labels: { node }, value: Number(up) })),
  );
  gauge(
    "orrery_pool_connections",
    "Connections to a node by state: idle and busy, and requests waiting for one.",
    () =>
      sources.connections().flatMap(({ node, total, idle, queues }) => [
        { labels: { node, state: "idle" }, value: idle },
        { labels: { node, state: "busy" }, value: total - idle },
        { labels: { node, state: "waiting" }, value: queues.reduce((sum, { waiting }) => sum + waiting, 0) },
      ]),
  );
  const byQueue = (read: (queue: QueueState) => readonly Sample[]) => () =>
    sources.connections().flatMap(({ node, queues }) =>
      queues.flatMap((queue) =>
        read(queue).map(({ labels, value }) => ({
          labels: { node, kind: queue.workClass, ...labels },
          value,
        })),
      ),
    );
  gauge(
    "orrery_pool_waiting",
    "Statements that wait for a connection to a node, by kind.",
    byQueue(({ waiting }) => [{ labels: {}, value: waiting }]),
  );
  gauge(
    "orrery_pool_waiting_bytes",
    "Bytes of values that these statements hold.",
    byQueue(({ waitingBytes }) => [{ labels: {}, value: waitingBytes }]),
  );
  addReadMetric(
    registry,
    {
      name: "orrery_pool_refused_total",
      help: "Statements that were refused a wait: too many wait (queue), they hold too much (bytes), or the turn would come after the deadline (deadline).",
      type: "counter",
    },
    byQueue(({ refused }) =>
      Object.entries(refused).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
  );
  gauge("orrery_pool_max_connections", "Connections to a node that this coordinator may open.", () =>
    sources.connections().map(({ node }) => ({ labels: { node }, value: sources.maxConnections })),
  );
}
