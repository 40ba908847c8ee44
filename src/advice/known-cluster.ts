/** What advice on settings is based on. */
import type { NodeMemory } from "../servers/node-memory.ts";
import type { Collection } from "../topology/shard-map.ts";

/** What is known of one shard. */
export interface KnownShard {
  readonly table: string;
  /** As messages name it. */
  readonly name: string;
  /** The node that holds it. */
  readonly node: string;
  readonly rows: number;
  /** Of its HNSW index. */
  readonly indexBytes: number;
  /** Scans of that index, and rows inserted and updated, since statistics began; undefined: not known. */
  readonly use?: { readonly scans: number; readonly writes: number };
}

export type KnownCollection = Pick<Collection, "table" | "dimension" | "quantization" | "hnsw">;

export interface KnownNode {
  readonly name: string;
  readonly memory: NodeMemory;
}

/** What searches without settings of their own run with. */
export interface SearchSettings {
  /** undefined: as the recall wanted needs. */
  readonly efSearch: number | undefined;
  readonly workMemBytes: number;
  readonly maxScanTuples: number;
}

export interface KnownCluster {
  readonly collections: readonly KnownCollection[];
  readonly nodes: readonly KnownNode[];
  readonly shards: readonly KnownShard[];
  readonly searches: SearchSettings;
  /** Parallel workers that a move asks for when it builds an index; 0 where shards do not move. */
  readonly indexWorkers: number;
  /** False where the placement is fixed: shards neither move nor split. */
  readonly shardsMove: boolean;
}
