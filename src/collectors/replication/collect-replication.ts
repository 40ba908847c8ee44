/** How far the standbys of every node group are behind, and what its slots hold back. */
import type { GroupId, ShardMap } from "../../topology/shard-map.ts";
import { askNodes, type Look } from "../ask-nodes.ts";
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

/** A primary that does not answer keeps what was seen of it last. */
export function createReplicationCollector({ nodes, map, forgetAfterMs, monotonicMs }: ReplicationOptions) {
  const trackers = new Map<GroupId, StandbyTracker>();
  const known = new Map<GroupId, GroupReplication>();
  const trackerOf = (group: GroupId) => {
    const tracker = trackers.get(group) ?? new StandbyTracker({ forgetAfterMs });
    trackers.set(group, tracker);
    return tracker;
  };

  return async (look: Look): Promise<readonly GroupReplication[]> => {
    const primaries = map().nodes.filter(({ role }) => role === "primary");
    for (const group of known.keys()) {
      if (primaries.some((node) => node.group === group)) continue;
      known.delete(group);
      trackers.delete(group);
    }
    const questions = primaries.map((node) => ({ node, statement: REPLICATION }));
    const states = await askNodes(nodes, questions, decodeReplication, look);
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
