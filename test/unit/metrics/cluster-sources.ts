/** Samples of a small cluster's collectors. */
import type { Collector } from "../../../src/collectors/collector.ts";
import type { CollectorName } from "../../../src/collectors/types.ts";
import type { ClusterSources } from "../../../src/metrics/cluster-metrics.ts";
import type { Node } from "../../../src/topology/shard-map.ts";

const A: Node = { id: 1, group: 1, name: "a:1", role: "primary" };
const B: Node = { id: 2, group: 2, name: "b:1", role: "primary" };

const ADVISED = { present: "1", advised: "2", reason: "there is more than that" };

export function clusterSources(leads: () => boolean): ClusterSources {
  const collector = <T>(name: CollectorName, value: T): Collector<T> => ({
    name,
    latest: () => (leads() ? value : undefined),
    ageSeconds: () => (leads() ? 1 : undefined),
    nodeAgesSeconds: () => (leads() ? new Map([[A.name, 1]]) : undefined),
    close: async () => {},
  });
  return {
    findings: () => (leads() ? [{ node: "b:1", problem: "does not answer" }] : undefined),
    recallTargets: () => (leads() ? [{ table: "memory_entries", target: 0.95, isUnreached: true }] : []),
    misplanned: () => new Map(leads() ? [["memory_entries", 2]] : []),
    collectors: {
      balance: collector("balance", {
        shards: [
          {
            id: 102_008,
            table: "memory_entries",
            node: A,
            bytes: 1_000,
            indexBytes: 400,
            rows: 50,
            indexBloat: 1.2,
          },
        ],
        nodes: [A, B],
        tables: [{ table: "memory_entries", oversized: 2 }],
        advice: [
          { of: "collection", table: "memory_entries", parameter: "shard_count", ...ADVISED },
          { of: "node", node: "b:1", parameter: "shared_buffers", ...ADVISED },
        ],
        imbalance: { bytes: 1, rows: 1, load: undefined },
      }),
      replication: collector("replication", [
        {
          group: 1,
          standbys: [
            { replica: "s1", connected: true, syncState: "async", lagBytes: 10, lagSeconds: 2.5 },
            {
              replica: "gone",
              connected: false,
              syncState: undefined,
              lagBytes: undefined,
              lagSeconds: undefined,
            },
          ],
          slots: [{ name: "s1", type: "physical", active: true, retainedBytes: 10 }],
        },
      ]),
      nodes: collector("nodes", [
        {
          node: A,
          stats: {
            standby: false,
            connections: 5,
            maxConnections: 97,
            databaseBytes: 1_000,
            blocksHit: 90,
            blocksRead: 10,
            sequentialScans: 1,
            hnswScans: 20,
            btreeScans: 30,
            builds: [{ pid: 1, relation: "r", hnsw: true, progress: 0.5, elapsedSeconds: 1 }],
            vacuums: [{ relation: "r", progress: null }],
            diskFreeBytes: 10,
            diskTotalBytes: 100,
          },
        },
        { node: B, stats: undefined },
      ]),
      operations: collector("operations", {
        counts: [{ kind: "create_collection", state: "done", count: 1 }],
        idleSeconds: new Map([["create_collection", 0]]),
        unreadable: 1,
      }),
      recall: collector("recall", new Map([["memory_entries", 0.98]])),
    },
  };
}
