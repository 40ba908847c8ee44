/** Scans of the shards on each node as counters that never fall. */
import type { NodeId } from "../../topology/shard-map.ts";
import type { NodeState } from "./node-statement.ts";

type Scans = Pick<NodeState, "sequentialScans" | "hnswScans" | "btreeScans">;

interface Seen {
  /** Which tables these were scans of. */
  readonly shards: string;
  readonly sums: Scans;
  readonly counted: Scans;
}

const NAMES = ["sequentialScans", "hnswScans", "btreeScans"] as const;

/**
 * The sums over a node's shards fall when a shard leaves and leap when one comes or its statistics are lost,
 * and Prometheus takes what falls for a new beginning at 0. So a look that finds other shards than the one
 * before, or fewer scans, counts nothing.
 */
export class ScanCounters {
  readonly #seen = new Map<NodeId, Seen>();

  /** `sums` over the shards at this look, as counted since the first one. */
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
