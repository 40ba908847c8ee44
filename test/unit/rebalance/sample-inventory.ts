/** Inventories made up for planning. */
import type {
  ClusterInventory,
  NodeInventory,
  ShardGroup,
} from "../../../src/rebalance/cluster-inventory.ts";
import { FIT_SERVER } from "../servers/sample-facts.ts";

export function nodeName(group: number): string {
  return `node-${group}:5432`;
}

export function sampleNode(group: number, changes: Partial<NodeInventory> = {}): NodeInventory {
  return {
    node: group,
    group,
    name: nodeName(group),
    state: "active",
    server: FIT_SERVER,
    disk: { freeBytes: 1e12, totalBytes: 2e12 },
    walBytesPerSecond: 1000,
    hidesStandbys: false,
    ...changes,
  };
}

export function sampleGroup(shard: number, group: number, changes: Partial<ShardGroup> = {}): ShardGroup {
  const bytes = changes.bytes ?? 100;
  return {
    shard,
    collection: "memory_entries",
    min: shard * 1000,
    max: shard * 1000 + 999,
    group,
    bytes,
    indexBytes: Math.floor(bytes / 2),
    rows: bytes,
    load: bytes,
    replicaIdentity: true,
    ...changes,
  };
}

export function sampleInventory(parts: Partial<ClusterInventory>): ClusterInventory {
  return {
    readAtMs: 0,
    epoch: 1,
    nodes: [sampleNode(1), sampleNode(2)],
    shardGroups: [],
    pins: [],
    largeNamespaces: [],
    limitsLag: true,
    rates: { copyBytesPerSecond: 10, indexBytesPerSecond: 5, overheadSeconds: 1, measuredMoves: 3 },
    ...parts,
  };
}
