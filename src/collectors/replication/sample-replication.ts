/** Samples how far the standbys of every node group are behind, and how much log its slots retain. */
import type { GroupId, ShardMap } from "../../topology/shard-map.ts";
import { queryNodes } from "../query-nodes.ts";
import type { Sampler } from "../sample.ts";
import type { MonitoredNodes } from "../types.ts";
import { decodeReplication, REPLICATION } from "./replication-statement.ts";
import { type StandbyLag, StandbyTracker } from "./track-standbys.ts";

export interface GroupReplication {
  readonly group: GroupId;
  readonly standbys: readonly StandbyLag[];
  readonly slots: readonly {
    readonly name: string;
    readonly type: "physical" | "logical";
    readonly active: boolean;
    readonly retainedBytes: number;
  }[];
}

export interface ReplicationOptions {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly forgetAfterMs: number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** For a primary that does not answer, the last known values stay. */
export function createReplicationSampler(options: ReplicationOptions): Sampler<readonly GroupReplication[]> {
  const { nodes, map, forgetAfterMs, monotonicMs } = options;
  const trackers = new Map<GroupId, StandbyTracker>();
  const known = new Map<GroupId, GroupReplication>();
  const trackerOf = (group: GroupId) => {
    const tracker = trackers.get(group) ?? new StandbyTracker({ forgetAfterMs });
    trackers.set(group, tracker);
    return tracker;
  };

  return async (context) => {
    const primaries = map().nodes.filter(({ role }) => role === "primary");
    for (const group of known.keys()) {
      if (primaries.some((node) => node.group === group)) continue;
      known.delete(group);
      trackers.delete(group);
    }
    const queries = primaries.map((node) => ({ node, statement: REPLICATION }));
    const states = await queryNodes(nodes, queries, decodeReplication, context);
    const nowMs = monotonicMs();
    for (const [{ group }, state] of states) {
      if (state === undefined) continue;
      const { position, slots } = state;
      known.set(group, {
        group,
        standbys: trackerOf(group).track(state, nowMs),
        slots: slots.map(({ name, type, active, restart }) => ({
          name,
          type,
          active,
          retainedBytes: restart === null ? 0 : Math.max(0, position - restart),
        })),
      });
    }
    return [...known.values()];
  };
}
