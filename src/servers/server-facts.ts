/** What a PostgreSQL server says of itself, for the rules that judge it. */

/** The same reading for every caller: `readServer`. */
export interface ServerFacts {
  /** As `server_version` has it, `16.4 (Debian 16.4-1)` for one. */
  readonly postgres: string;
  /** undefined: not installed in the database. */
  readonly citus: string | undefined;
  readonly pgvector: string | undefined;
  readonly encoding: string;
  readonly inRecovery: boolean;
  readonly walLevel: string;
  readonly maxPreparedTransactions: number;
  /** undefined: the server does not know the setting. */
  readonly outputPluginLibraries: string | undefined;
  readonly maxWorkerProcesses: number;
  readonly maxLogicalReplicationWorkers: number;
  readonly maxWalSenders: number;
  readonly maxReplicationSlots: number;
  readonly usedReplicationSlots: number;
  /** undefined: no limit. */
  readonly maxSlotWalKeepBytes: number | undefined;
  readonly autovacuum: boolean;
  readonly fsync: boolean;
  readonly fullPageWrites: boolean;
}

/** A server's clock less another one; right to `errorMs`, half of the time the question took. */
export interface ClockDifference {
  readonly aheadMs: number;
  readonly errorMs: number;
}

/** A server that may become a node. */
export interface CandidateFacts extends ServerFacts {
  readonly readOnly: boolean;
  /** Whether Orrery's admin role may change the settings of the database there. */
  readonly ownsDatabase: boolean;
  /** Whether that role is a superuser. */
  readonly superuser: boolean;
  /** Distributed tables in its catalogs. */
  readonly tables: number;
  /** Of the Orrery cluster that it belongs or belonged to. */
  readonly clusterId: string | undefined;
  /** Its node group by its own catalogs; undefined when it has none. */
  readonly group: number | undefined;
  /** Against the coordinator node of the cluster. */
  readonly clock: ClockDifference;
}

export interface Disk {
  readonly freeBytes: number;
  readonly totalBytes: number;
}
