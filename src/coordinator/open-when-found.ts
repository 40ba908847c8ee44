/** A driver of a node that has to be found first. Part of the composition root. */
import { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import { failedResult } from "../shards/node-driver.ts";
import type { PooledDriver } from "../shards/node-pools.ts";

/**
 * Opens a driver once `find` has said for which of the configured nodes: only a node that answers says of
 * which group it is. A search that ends after `close` opens nothing.
 */
export function openWhenFound<N>(
  find: (signal: Cancellation) => Promise<N>,
  open: (node: N) => PooledDriver,
): PooledDriver {
  let opened: PooledDriver | undefined;
  let isClosed = false;
  return {
    async run(statement, options) {
      try {
        if (opened === undefined) {
          const node = await find(options.signal);
          if (isClosed) throw new OrreryError("NODE_UNAVAILABLE", "the connections of the node are closed");
          opened ??= open(node);
        }
      } catch (error) {
        return failedResult(error, 0);
      }
      return opened.run(statement, options);
    },
    retireConnections: () => opened?.retireConnections(),
    connections: () => opened?.connections() ?? { total: 0, idle: 0, queues: [] },
    async close() {
      isClosed = true;
      await opened?.close();
    },
  };
}
