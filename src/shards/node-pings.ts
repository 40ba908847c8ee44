/** Pings every node group, those without shards too, so that an idle coordinator knows which ones answer. */
import { setMaxListeners } from "node:events";
import { OrreryError } from "../errors.ts";
import { withTimeLimit } from "../lib/time-limit.ts";
import type { GroupId, ShardMap } from "../topology/shard-map.ts";
import type { NodeRunner } from "./node-driver.ts";
import type { Statement } from "./statement.ts";

const PING: Statement = { text: "SELECT 1", values: [], prepare: false };
const INTERVAL_MS = 10_000;
const TIMEOUT_MS = 5_000;

/** The results are remembered by the runner (`NodePools.health`). */
export function startNodePings(options: { readonly nodes: NodeRunner; readonly map: () => ShardMap }): {
  pingNow(): Promise<void>;
  close(): Promise<void>;
} {
  const closing = new AbortController();
  // Each ping under way has a listener, which is not a leak.
  setMaxListeners(0, closing.signal);
  const ping = async (group: number) => {
    const limit = withTimeLimit(
      closing.signal,
      TIMEOUT_MS,
      () => new OrreryError("NODE_UNAVAILABLE", `node group ${group} does not answer`),
    );
    // The runner remembers the error; a failed ping is not logged.
    await options.nodes.runOn(group, PING, { signal: limit.signal }).catch(() => undefined);
    limit.clear();
  };
  const pingNow = async () => {
    await Promise.all(groupsOf(options.map()).map(ping));
  };
  let last: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    last = pingNow();
  }, INTERVAL_MS);
  return {
    pingNow,
    async close() {
      clearInterval(timer);
      closing.abort(new OrreryError("CANCELLED", "shutting down"));
      await last;
    },
  };
}

function groupsOf({ nodes }: ShardMap): readonly GroupId[] {
  return [...new Set(nodes.map(({ group }) => group))];
}
