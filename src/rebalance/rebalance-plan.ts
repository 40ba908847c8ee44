/** What a rebalance would do, and what there is to know before it is carried out. */
import type { ShardId } from "../topology/shard-map.ts";
import type { IsolationAdvice, ShardCountAdvice } from "./advise-placement.ts";
import type { BalanceStrategy } from "./costs.ts";

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
  /** `blocking`: nothing is moved until the cause is repaired. */
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
  /** What is copied: `bytes` without indexes. */
  readonly copyBytes: number;
  readonly rows: number;
  readonly copySeconds: number;
  readonly indexSeconds: number;
  /** Write-ahead log that the source keeps until the move is over. */
  readonly walKeptBytes: number;
  readonly targetFreeBytesBefore: number | undefined;
  readonly targetFreeBytesAfter: number | undefined;
  /** Of the cluster, after this move. */
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

/** What the pure planner returns. */
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

/** A plan as it is stored under its id. */
export interface RebalancePlan extends PlannedBalance {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAtMs: number;
  readonly epoch: number;
  readonly options: PlanOptions;
  readonly isolations: readonly IsolationAdvice[];
  readonly shardCounts: readonly ShardCountAdvice[];
}
