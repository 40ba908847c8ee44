import type { PooledDriver } from "../../src/shards/node-pools.ts";

/** Drivers that answer at once, and how many of them are open. */
export function countedDrivers() {
  let open = 0;
  return {
    open: () => open,
    openDriver(): PooledDriver {
      open += 1;
      return {
        run: async () => ({ rows: [], waitedMs: 0, error: undefined }),
        retireConnections: () => undefined,
        connections: () => ({ total: 1, idle: 1, queues: [] }),
        close: async () => {
          open -= 1;
        },
      };
    },
  };
}
