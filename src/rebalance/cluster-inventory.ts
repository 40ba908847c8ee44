/**
 * What planning knows of a cluster. The unit is the shard group: the co-located shards of one hash range,
 * which move, split and are locked as one. It is named by the id of its shard of the collection's own table
 * (`ShardId`).
 */
import type { Disk, ServerFacts } from "../servers/server-facts.ts";
import type { GroupId, HashRange, NodeId, ShardId } from "../topology/shard-map.ts";

/**
 * - `active`: holds shard groups or may.
 * - `draining`: gets no more and still has some.
 * - `drained`: gets none and has none, like a Citus coordinator node that only coordinates.
 * - `inactive`: registered and not in use.
 */
export type NodeState = "active" | "draining" | "drained" | "inactive";

export interface ShardGroup extends HashRange {
  readonly shard: ShardId;
  readonly collection: string;
  /** The node group that holds it. */
  readonly group: GroupId;
  /** Tables and indexes of all its shards. */
  readonly bytes: number;
  /** The part of `bytes` that a move builds on its target once the rows are there: all indexes. */
  readonly indexBytes: number;
  /** Estimated. */
  readonly rows: number;
  /** Queries x milliseconds per second over all coordinators. */
  readonly load: number;
  /**
   * False: one of its tables has neither primary key nor replica identity, so that a logical move cannot
   * carry updates.
   */
  readonly replicaIdentity: boolean;
}

/** The primary of a node group. */
export interface NodeInventory {
  readonly node: NodeId;
  readonly group: GroupId;
  /** `host:port` as the cluster names it. */
  readonly name: string;
  readonly state: NodeState;
  /** undefined: it did not answer. */
  readonly server: ServerFacts | undefined;
  /** undefined: PostgreSQL could not read it. */
  readonly disk: Disk | undefined;
  /** Write-ahead log it has written on average; undefined when it did not answer. */
  readonly walBytesPerSecond: number | undefined;
  /** Standbys are connected to it whose lag Orrery's admin role may not see. */
  readonly hidesStandbys: boolean;
}

/** `group` is the only node group that may hold the shard group of this namespace. */
export interface Pin {
  readonly collection: string;
  readonly namespace: string;
  readonly group: GroupId;
  /** The shard group that holds the namespace at present. */
  readonly shard: ShardId;
}

/** How fast moves have been on this cluster. */
export interface MoveRates {
  readonly copyBytesPerSecond: number;
  readonly indexBytesPerSecond: number;
  /** Set-up, catch-up and cut-over of a move, whatever its size. */
  readonly overheadSeconds: number;
  /** Moves they were measured on; 0: assumptions. */
  readonly measuredMoves: number;
}

export interface ClusterInventory {
  /** Milliseconds since 1970. */
  readonly readAtMs: number;
  /** Of the map served when it was read. */
  readonly epoch: number;
  readonly nodes: readonly NodeInventory[];
  readonly shardGroups: readonly ShardGroup[];
  readonly pins: readonly Pin[];
  readonly largeNamespaces: readonly LargeNamespace[];
  readonly rates: MoveRates;
  /** Whether moves are throttled by replication lag. */
  readonly limitsLag: boolean;
}

/** A namespace that PostgreSQL counts among the most common of its shard. */
export interface LargeNamespace {
  readonly collection: string;
  readonly namespace: string;
  readonly shard: ShardId;
  /** Estimated. */
  readonly rows: number;
}

export type ReadShardGroup = Omit<ShardGroup, "load">;

/** What the engine reads; with the coordinators' reports and the map it becomes an inventory. */
export interface ClusterReading {
  readonly nodes: readonly NodeInventory[];
  readonly shardGroups: readonly ReadShardGroup[];
  readonly pins: readonly (Omit<Pin, "shard"> & { readonly shardKey: string })[];
  readonly largeNamespaces: readonly LargeNamespace[];
  /** undefined: nothing has been moved yet. A rate is left out when moves were too small for it. */
  readonly rates: (Pick<MoveRates, "measuredMoves"> & Partial<MoveRates>) | undefined;
}
