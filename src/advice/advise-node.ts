/** Memory and workers of a server against the indexes on it. Pure. */
import { writeMemorySize } from "../lib/memory-size.ts";
import type { NodeMemory } from "../servers/node-memory.ts";
import { buildBytes, VISITED_ROW_BYTES } from "./index-memory.ts";
import type { KnownCollection, KnownShard, SearchSettings } from "./known-cluster.ts";

export type NodeParameter = "shared_buffers" | "maintenance_work_mem" | "max_parallel_workers" | "work_mem";

interface NodeAdvice {
  readonly parameter: NodeParameter;
  readonly present: string;
  readonly advised: string;
  readonly reason: string;
}

/** Indexes of fewer rows are built fast enough on disk. */
const BUILT_ROWS = 10_000;

interface Known {
  readonly memory: NodeMemory;
  /** On this node. */
  readonly shards: readonly KnownShard[];
  readonly collections: readonly KnownCollection[];
  readonly searches: SearchSettings;
  readonly indexWorkers: number;
  readonly shardsMove: boolean;
}

export function adviseNode(known: Known): readonly NodeAdvice[] {
  return [...adviseBuffers(known), ...adviseBuilds(known), ...adviseScans(known)];
}

function adviseBuffers({ memory, shards, shardsMove }: Known): readonly NodeAdvice[] {
  const indexBytes = shards.reduce((sum, shard) => sum + shard.indexBytes, 0);
  if (indexBytes <= memory.sharedBuffersBytes) return [];
  return [
    {
      parameter: "shared_buffers",
      present: writeMemorySize(memory.sharedBuffersBytes),
      advised: writeMemorySize(indexBytes),
      reason: `the HNSW indexes on it are that large, and searches slow down sharply when they are not in memory; where a quarter of the machine's memory is less, ${shardsMove ? "add nodes" : "give it a larger machine"} or quantize`,
    },
  ];
}

function adviseBuilds({
  memory,
  shards,
  collections,
  indexWorkers,
  shardsMove,
}: Known): readonly NodeAdvice[] {
  const builds = shards.flatMap(({ table, name, rows }) => {
    const collection = collections.find((each) => each.table === table);
    return collection === undefined || rows < BUILT_ROWS
      ? []
      : [{ name, bytes: buildBytes(collection, rows) }];
  });
  const [largest] = builds.toSorted((a, b) => b.bytes - a.bytes);
  if (largest === undefined) return [];
  const advice: NodeAdvice[] = [];
  if (largest.bytes > memory.maintenanceWorkMemBytes) {
    advice.push({
      parameter: "maintenance_work_mem",
      present: writeMemorySize(memory.maintenanceWorkMemBytes),
      advised: writeMemorySize(largest.bytes),
      reason: `the graph of ${largest.name} takes that; one that does not fit is built many times slower, when ${shardsMove ? "a shard moves or is" : "it is"} indexed again (in containers shm_size has to be larger still)`,
    });
  }
  const { parallelWorkers: workers } = memory;
  if (workers < indexWorkers) {
    advice.push({
      parameter: "max_parallel_workers",
      present: String(workers),
      advised: String(indexWorkers),
      reason:
        "rebalance.indexWorkers asks for so many when a shard moves here, and a build gets fewer; max_worker_processes has to allow them too",
    });
  }
  return advice;
}

/** An iterative scan ends at the first of two limits. The one on rows should be the first. */
function adviseScans({ memory, shards, searches }: Known): readonly NodeAdvice[] {
  const rows = Math.min(
    searches.maxScanTuples,
    shards.reduce((most, shard) => Math.max(most, shard.rows), 0),
  );
  const { workMemBytes } = searches;
  const { scanMemMultiplier } = memory;
  const wanted = rows * VISITED_ROW_BYTES;
  if (wanted <= workMemBytes * scanMemMultiplier) return [];
  return [
    {
      parameter: "work_mem",
      present: `${writeMemorySize(workMemBytes)} x hnsw.scan_mem_multiplier ${scanMemMultiplier}`,
      advised: writeMemorySize(wanted),
      reason: `an index scan that looks for a small namespace visits up to ${rows.toLocaleString("en")} rows and ends early with less; raise pool.workMem, or lower pool.maxScanTuples`,
    },
  ];
}
