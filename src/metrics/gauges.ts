/** Gauges of the coordinator's state, read at each scrape. */
import { Gauge, type Registry } from "prom-client";

export interface GaugeSources {
  /** Epoch of the map that is served; 0 when it was never published. */
  mapEpoch(): number;
  /** Since the map was last seen to be the newest. */
  mapAgeSeconds(): number;
  mapStoreReachable(): boolean;
  leader(): boolean;
  nodes(): readonly { readonly node: string; readonly up: boolean }[];
  /** `total` open connections, `idle` of them, and requests `waiting` for one. */
  connections(): readonly {
    readonly node: string;
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  }[];
}

export function addGauges(registry: Registry, sources: GaugeSources): void {
  const registers = [registry];
  const plain = (name: string, help: string, read: () => number | boolean) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(Number(read()));
      },
    });
  plain("orrery_map_epoch", "Epoch of the shard map that is served.", sources.mapEpoch);
  plain(
    "orrery_map_age_seconds",
    "Time since the map was last seen to be the newest.",
    sources.mapAgeSeconds,
  );
  plain("orrery_map_store_reachable", "1 while etcd answers.", sources.mapStoreReachable);
  plain("orrery_leader", "1 on the coordinator that publishes the map.", sources.leader);
  new Gauge({
    name: "orrery_node_up",
    help: "1 while the node answers this coordinator.",
    labelNames: ["node"],
    registers,
    collect() {
      this.reset(); // Nodes that left the map must not stay.
      for (const { node, up } of sources.nodes()) this.set({ node }, Number(up));
    },
  });
  new Gauge({
    name: "orrery_pool_connections",
    help: "Connections to a node by state: idle and busy, and requests waiting for one.",
    labelNames: ["node", "state"],
    registers,
    collect() {
      this.reset();
      for (const { node, total, idle, waiting } of sources.connections()) {
        this.set({ node, state: "idle" }, idle);
        this.set({ node, state: "busy" }, total - idle);
        this.set({ node, state: "waiting" }, waiting);
      }
    },
  });
}
