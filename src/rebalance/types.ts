/**
 * What planning works with. The unit is the shard group: the co-located shards of one hash range, which move,
 * split and are locked as one. It is named by the id of its shard of the collection's own table (`ShardId`).
 */
import type { Disk, ServerFacts } from "../servers/server-facts.ts";
import type { GroupId, HashRange, NodeId, ShardId } from "../topology/shard-map.ts";

/**
 * - `active`: holds shard groups or may.
 * - `draining`: gets none any more and still has some.
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
  /** The part of `bytes` that is built on the target of a move after the rows are there: all indexes. */
  readonly indexBytes: number;
  /** Estimated. */
  readonly rows: number;
  /** Queries x milliseconds per second over all coordinators. */
  readonly load: number;
  /**
   * False: its table has neither primary key nor replica identity, so that a logical move cannot carry
   * updates.
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
  /** undefined: PostgreSQL could not tell. */
  readonly disk: Disk | undefined;
  /** Write-ahead log it has been writing, on average; undefined when it did not answer. */
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

/** What the engine reads of the cluster; the coordinators' reports and the map make it an inventory. */
export interface ClusterReading {
  readonly nodes: readonly NodeInventory[];
  readonly shardGroups: readonly ReadShardGroup[];
  readonly pins: readonly (Omit<Pin, "shard"> & { readonly shardKey: string })[];
  readonly largeNamespaces: readonly LargeNamespace[];
  /** undefined: nothing has been moved yet. A rate is left out when the moves were too small to tell. */
  readonly rates: (Pick<MoveRates, "measuredMoves"> & Partial<MoveRates>) | undefined;
}

export type BalanceStrategy = "by_disk_size" | "by_shard_count" | "by_row_count" | "by_load";

export type Severity = "notice" | "warning" | "blocking";

export type WarningCode =
  | "replica_identity"
  | "worker_processes"
  | "replication_slots"
  | "wal_level"
  | "output_plugin_libraries"
  | "version_mismatch"
  | "pgvector_missing"
  | "disk_full"
  | "disk_unknown"
  | "wal_kept"
  | "node_unreachable"
  | "lag_hidden"
  | "pin_impossible"
  | "no_load_reported"
  | "no_target"
  | "not_reached";

export interface Warning {
  /** `blocking`: nothing is moved until it is repaired. */
  readonly severity: Severity;
  readonly code: WarningCode;
  readonly node?: string;
  readonly message: string;
}

/** Why a shard group moves: to even out, to empty its node, or because a pin wants it elsewhere. */
export type MoveReason = "balance" | "drain" | "pin";

/** One move of one shard group, between two nodes by name. */
export interface PlannedMove {
  readonly shard: ShardId;
  readonly collection: string;
  readonly source: string;
  readonly target: string;
  readonly reason: MoveReason;
  /** Tables and indexes. */
  readonly bytes: number;
  /** What travels: `bytes` without indexes. */
  readonly copyBytes: number;
  readonly rows: number;
  readonly copySeconds: number;
  readonly indexSeconds: number;
  /** Write-ahead log that the source keeps until the move is over. */
  readonly walKeptBytes: number;
  readonly targetFreeBytesBefore: number | undefined;
  readonly targetFreeBytesAfter: number | undefined;
  /** Of the cluster once it is made. */
  readonly imbalanceAfter: number;
}

/** What a node carries before and after the plan, in the unit of its strategy. */
export interface NodeBalance {
  readonly node: string;
  readonly costBefore: number;
  readonly costAfter: number;
  readonly shardGroupsBefore: number;
  readonly shardGroupsAfter: number;
}

export interface PlanOptions {
  readonly strategy: BalanceStrategy;
  /** Imbalance up to which nothing is moved for balance. */
  readonly threshold: number;
  /** Names; undefined: every active node. */
  readonly nodes?: readonly string[];
  readonly excludedNodes?: readonly string[];
  /** Nodes to empty, whatever their state. */
  readonly drainedNodes?: readonly string[];
  readonly maxMoves?: number;
}

/** What the pure planner answers. */
export interface PlannedBalance {
  readonly imbalanceBefore: number;
  readonly imbalanceAfter: number;
  readonly moves: readonly PlannedMove[];
  readonly nodes: readonly NodeBalance[];
  readonly warnings: readonly Warning[];
  readonly estimatedSeconds: number;
  /** The estimates rest on moves that this cluster has made. */
  readonly measured: boolean;
}

export interface IsolationAdvice {
  readonly collection: string;
  readonly namespace: string;
  readonly shard: ShardId;
  readonly rows: number;
  /** Of the rows of its shard group, 0 to 1. */
  readonly share: number;
  readonly reason: string;
}

export interface ShardCountAdvice {
  readonly collection: string;
  readonly shardCount: number;
  readonly advised: number;
  readonly rows: number;
  readonly reason: string;
}

/** A plan as it is kept under its id. */
export interface RebalancePlan extends PlannedBalance {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly epoch: number;
  readonly options: PlanOptions;
  readonly isolations: readonly IsolationAdvice[];
  readonly shardCounts: readonly ShardCountAdvice[];
}
