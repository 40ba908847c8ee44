/** How every server of the cluster is: whether it answers, what it is, how busy, how full. */
import type { Collection, Node, NodeId, ShardId, ShardMap } from "../../topology/shard-map.ts";
import { askNodes, type Look } from "../ask-nodes.ts";
import type { CollectorObserver, MonitoredNodes } from "../types.ts";
import type { ScanCounters } from "./count-scans.ts";
import { decodeNodeState, type NodeState, nodeStatement } from "./node-statement.ts";
import { BuildTracker } from "./track-builds.ts";

export interface NodeLook {
  readonly node: Node;
  /** undefined: it did not answer. */
  readonly state: NodeState | undefined;
}

export interface NodesOptions {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  readonly engine: "citus" | "other";
  readonly counters: ScanCounters;
  readonly observer: Pick<CollectorObserver, "indexBuilt">;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export function createNodesCollector(options: NodesOptions) {
  const { nodes, map, relationOf, engine, counters, observer, monotonicMs } = options;
  const trackers = new Map<NodeId, BuildTracker>();

  return async (look: Look): Promise<readonly NodeLook[]> => {
    const present = map();
    const shards = new Map(
      present.nodes.map((node) => [node, relationsOf(present, node, relationOf)] as const),
    );
    const questions = [...shards].map(([node, relations]) => ({
      node,
      statement: nodeStatement(relations, engine),
    }));
    const states = await askNodes(nodes, questions, decodeNodeState, look);
    for (const [node, { builds }] of states) {
      const tracker = trackers.get(node.id) ?? new BuildTracker();
      trackers.set(node.id, tracker);
      for (const elapsedMs of tracker.track(builds, monotonicMs())) observer.indexBuilt({ elapsedMs });
    }
    return [...shards].map(([node, relations]) => {
      const state = states.get(node);
      return {
        node,
        state: state && { ...state, ...counters.count(node.id, relations, state) },
      };
    });
  };
}

function relationsOf(
  { collections }: ShardMap,
  { group }: Node,
  relationOf: NodesOptions["relationOf"],
): readonly string[] {
  return collections.flatMap((collection) =>
    collection.shards
      .filter((shard) => shard.group === group)
      .map((shard) => relationOf(collection, shard.id)),
  );
}
