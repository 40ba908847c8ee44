/** Samples every server of the cluster: whether it answers, its role, how busy and how full it is. */
import type { Collection, Node, NodeId, ShardId, ShardMap } from "../../topology/shard-map.ts";
import { queryNodes } from "../query-nodes.ts";
import type { Sampler } from "../sample.ts";
import type { CollectorObserver, MonitoredNodes } from "../types.ts";
import type { ScanCounters } from "./count-scans.ts";
import { type DiskSql, decodeNodeStats, type NodeStats, nodeStatement } from "./node-statement.ts";
import { BuildTracker } from "./track-builds.ts";

export interface NodeSample {
  readonly node: Node;
  /** undefined: the node did not answer. */
  readonly stats: NodeStats | undefined;
}

export interface NodesOptions {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  /** undefined where no function gives the disk of a node. */
  readonly diskSql: DiskSql | undefined;
  readonly counters: ScanCounters;
  readonly observer: Pick<CollectorObserver, "indexBuilt">;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

export function createNodesSampler(options: NodesOptions): Sampler<readonly NodeSample[]> {
  const { nodes, map, relationOf, diskSql, counters, observer, monotonicMs } = options;
  const trackers = new Map<NodeId, BuildTracker>();

  return async (context) => {
    const present = map();
    const shards = new Map(
      present.nodes.map((node) => [node, relationsOf(present, node, relationOf)] as const),
    );
    const queries = [...shards].map(([node, relations]) => ({
      node,
      statement: nodeStatement(relations, diskSql),
    }));
    const answers = await queryNodes(nodes, queries, decodeNodeStats, context);
    for (const [node, { builds }] of answers) {
      const tracker = trackers.get(node.id) ?? new BuildTracker();
      trackers.set(node.id, tracker);
      for (const elapsedMs of tracker.track(builds, monotonicMs())) observer.indexBuilt({ elapsedMs });
    }
    return [...shards].map(([node, relations]) => {
      const stats = answers.get(node);
      return {
        node,
        stats: stats && { ...stats, ...counters.count(node.id, relations, stats) },
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
