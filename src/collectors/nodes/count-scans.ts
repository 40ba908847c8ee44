/** Scans of the shards on each node, as counters that never decrease. */
import type { NodeId } from "../../topology/shard-map.ts";
import type { NodeStats } from "./node-statement.ts";

type Scans = Pick<NodeStats, "sequentialScans" | "hnswScans" | "btreeScans">;

interface Seen {
  /** The tables that the sums are over. */
  readonly shards: string;
  readonly sums: Scans;
  readonly counted: Scans;
}

const NAMES = ["sequentialScans", "hnswScans", "btreeScans"] as const;

/**
 * The sums over a node's shards drop when a shard leaves or statistics are lost, and jump when a shard
 * arrives; Prometheus takes a drop for a counter reset. So a sample with other shards than the one before, or
 * with fewer scans, adds nothing.
 */
export class ScanCounters {
  readonly #seen = new Map<NodeId, Seen>();

  /** Takes the sums of this sample; returns the counters. */
  count(node: NodeId, shards: readonly string[], sums: Scans): Scans {
    const before = this.#seen.get(node);
    const present = shards.join();
    const comparable =
      before !== undefined &&
      before.shards === present &&
      NAMES.every((name) => sums[name] >= before.sums[name]);
    const counted = (name: (typeof NAMES)[number]) => {
      if (before === undefined) return sums[name];
      return before.counted[name] + (comparable ? sums[name] - before.sums[name] : 0);
    };
    const next = {
      sequentialScans: counted("sequentialScans"),
      hnswScans: counted("hnswScans"),
      btreeScans: counted("btreeScans"),
    };
    this.#seen.set(node, { shards: present, sums, counted: next });
    return next;
  }
}
