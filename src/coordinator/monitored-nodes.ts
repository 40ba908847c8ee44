/**
 * Connections of the collectors to every node, standbys too, apart from those of requests. Part of the
 * composition root.
 */
import type { MonitoredNodes } from "../collectors/types.ts";
import { OrreryError } from "../errors.ts";
import { type NodeDriver, rowsOrThrow } from "../shards/node-driver.ts";
import type { Node, ShardMap } from "../topology/shard-map.ts";

export interface NodeMonitor extends MonitoredNodes {
  /** Closes what is open to nodes that left. */
  applyMap(map: ShardMap): void;
  close(): Promise<void>;
}

/** `open` creates a driver without I/O; a node is connected to when it is first asked. */
export function createNodeMonitor(open: (node: Node) => NodeDriver): NodeMonitor {
  const drivers = new Map<string, NodeDriver>();
  let isClosed = false;
  const closing = new Set<Promise<void>>();
  const drop = (name: string, driver: NodeDriver) => {
    drivers.delete(name);
    // Not awaited, since a query may still run; an error while closing matters no more.
    const closed = driver.close().catch(() => undefined);
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };
  return {
    async run(node, statement, signal) {
      if (isClosed) throw new OrreryError("NODE_UNAVAILABLE", "the collectors' connections are closed");
      const driver = drivers.get(node.name) ?? open(node);
      drivers.set(node.name, driver);
      return rowsOrThrow(await driver.run(statement, { signal }));
    },
    applyMap({ nodes }) {
      for (const [name, driver] of drivers) {
        if (!nodes.some((node) => node.name === name)) drop(name, driver);
      }
    },
    async close() {
      isClosed = true;
      for (const [name, driver] of drivers) drop(name, driver);
      await Promise.all(closing);
    },
  };
}
