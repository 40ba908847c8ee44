/**
 * Changes of a cluster that places shards at runtime, what they read, and how far they are. Implemented over
 * Citus.
 *
 * Every method that changes something carries the leader's term in the same statement and throws NOT_LEADER,
 * with nothing done, when a later leader has raised it. Other errors as NodeDriver.run.
 */
import type { CandidateFacts } from "../servers/server-facts.ts";
import type { Catalog, GroupId, NodeId, ShardId } from "../topology/shard-map.ts";

/** A statement that may run for hours, on a session of its own that goes on when its leader dies. */
export type LongStatement =
  | {
      readonly kind: "move";
      readonly shard: ShardId;
      readonly source: NodeId;
      readonly target: NodeId;
      readonly blockWrites: boolean;
    }
  | {
      readonly kind: "split";
      readonly shard: ShardId;
      /** Last hash of each piece but the last, ascending. */
      readonly points: readonly number[];
      /** What gets each piece, in the order of their hashes. */
      readonly nodes: readonly NodeId[];
      readonly blockWrites: boolean;
    }
  | {
      readonly kind: "reindex";
      /** Name of the node that holds it. */
      readonly node: string;
      /** Quoted, with schema. */
      readonly index: string;
    }
  | { readonly kind: "copy reference tables" };

/** What the graph of an HNSW index is built with. */
export interface GraphSettings {
  readonly m: number;
  readonly efConstruction: number;
}

/** The HNSW index of a shard. */
export interface VectorIndex {
  /** Quoted, with schema. */
  readonly name: string;
  /** Another one after each build. */
  readonly build: string;
  /** What it is built with; the next build, where that was changed since. */
  readonly graph: GraphSettings;
  /** Names, quoted with schema, of those of the shard whose build goes on or was cut off. */
  readonly unfinished: readonly string[];
  /** Of the builds that run on the shard; each changes only when its build goes on. */
  readonly marks: readonly string[];
  /** Builds that run elsewhere on the node. */
  readonly otherBuilds: number;
  /** `maintenance_work_mem` of the node. */
  readonly maintenanceBytes: number;
}

/** The phases of a transfer of a shard group, in order. The HNSW index is among those built. */
export type TransferPhase = "set up" | "copy" | "catch up" | "build indexes" | "final catch-up" | "cut over";

/** How far the copy of one shard group is. */
export interface Transfer {
  readonly shard: ShardId;
  readonly phase: TransferPhase;
  readonly sourceBytes: number;
  readonly targetBytes: number;
  /**
   * Write-ahead log of the source that the target has not applied yet; undefined while nothing is streamed.
   */
  readonly lagBytes: number | undefined;
}

/** How far a long statement is. Two readings with the same marks mean that it made no progress in between. */
export interface StatementReading {
  /** What is copied, replicated and built, as text; each mark changes only when the statement goes on. */
  readonly marks: readonly string[];
  /** What can be seen to be in its way, a sentence each. */
  readonly obstacles: readonly string[];
}

/** How far the slowest of the standbys, moves and other subscribers of a node is behind it. */
export type NodeLag =
  | {
      readonly node: string;
      /** Of its write-ahead log; 0 when there are none. */
      readonly bytes: number;
      /** Its slot, its application_name, or its address. */
      readonly replica: string;
    }
  | {
      readonly node: string;
      /** Why the lag is not known. */
      readonly unknown: string;
    };

export interface ShardSize {
  /** Table and indexes. */
  readonly bytes: number;
  readonly indexBytes: number;
  /** Estimated. */
  readonly rows: number;
}

/** Rows of one hash value, or of it and some before it. */
export interface HashWeight {
  readonly hash: number;
  readonly rows: number;
}

/** A node as the cluster's catalogs have it, also when it is not in use. */
export interface ClusterNode {
  readonly id: NodeId;
  readonly group: GroupId;
  /** `host:port`. */
  readonly name: string;
  readonly role: "primary" | "standby";
  readonly active: boolean;
  readonly mayHoldShards: boolean;
  /** Shards of distributed tables on its group, Orrery's or not. */
  readonly shards: number;
}

export interface PinRow {
  readonly collection: number;
  readonly namespace: string;
  readonly shardKey: string;
  readonly group: GroupId;
}

export interface MoveRecord extends ShardSize {
  readonly operation: string;
  readonly shard: ShardId;
  readonly source: string;
  readonly target: string;
  readonly transferMode: string;
  readonly copyMs: number;
  readonly indexMs: number;
  readonly totalMs: number;
}

/** What the rights are for: `transfers` are moves, splits and isolations. */
export type RightsFor = "transfers" | "drain" | "restore" | "remove";

export interface PlacementChanges {
  /** As the coordinator node of the cluster has it, never another node. */
  readCatalog(signal: AbortSignal): Promise<Catalog>;
  readNodes(signal: AbortSignal): Promise<readonly ClusterNode[]>;

  /**
   * Runs a statement on a session named `session` and resolves when it is committed. Throws
   * STATEMENT_CONFLICT when a lock or the left-over of an earlier change is in the way, which passes. Abort:
   * the statement goes on.
   */
  runStatement(
    statement: LongStatement,
    options: { readonly session: string; readonly term: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether a statement runs on a session of this name, whichever leader began it. */
  isUnderWay(session: string, signal: AbortSignal): Promise<boolean>;
  /** Cancels the statement on that session; `terminate`: ends the session. */
  cancelStatement(
    options: { readonly session: string; readonly term: number; readonly terminate?: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * How far the statement on that session is, asked of every node that it has begun anything on; undefined
   * when none runs there. A node that does not answer is an obstacle.
   */
  readStatement(session: string, signal: AbortSignal): Promise<StatementReading | undefined>;
  transfers(signal: AbortSignal): Promise<readonly Transfer[]>;
  /**
   * 0 to 1 over the index builds that run on the shard of a table at a node; undefined when there is none.
   */
  indexBuild(node: string, relation: string, signal: AbortSignal): Promise<number | undefined>;
  /** On the node that holds the shard; undefined: it has no HNSW index that can be used. */
  vectorIndex(node: string, relation: string, signal: AbortSignal): Promise<VectorIndex | undefined>;
  /** What the next build of an index is made with. */
  setGraph(
    options: { readonly node: string; readonly index: string; readonly graph: GraphSettings },
    term: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** What the shard's index should be built with from now on, wherever the shard is. */
  recordGraph(
    options: { readonly collection: number; readonly shard: ShardId; readonly graph: GraphSettings },
    term: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** While searches and writes go on. Nothing happens when there is none of this name. */
  dropIndex(
    options: { readonly node: string; readonly index: string },
    term: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Cancels what builds an index of the relation. */
  cancelBuilds(
    options: { readonly node: string; readonly relation: string },
    term: number,
    signal: AbortSignal,
  ): Promise<void>;
  /** Of every primary in use. One that cannot be asked is in the answer as unknown. */
  replicationLags(signal: AbortSignal): Promise<readonly NodeLag[]>;

  shardSize(node: string, relation: string, signal: AbortSignal): Promise<ShardSize>;
  /** Ascending, at most some thousands. Reads the whole shard. */
  hashWeights(node: string, relation: string, signal: AbortSignal): Promise<readonly HashWeight[]>;
  analyse(node: string, relations: readonly string[], signal: AbortSignal): Promise<void>;
  /**
   * Drops what changes that have ended left behind, as far as it can be dropped now; returns how much is
   * left.
   */
  cleanUp(term: number, signal: AbortSignal): Promise<number>;
  recordMove(move: MoveRecord, term: number, signal: AbortSignal): Promise<void>;

  /** Of a server by `host:port`. Throws NODE_UNAVAILABLE when it cannot be reached. */
  serverFacts(node: string, signal: AbortSignal): Promise<CandidateFacts>;
  /**
   * Registers a primary of a new group, or a standby of `standbyOf`. Nothing happens to one that is
   * registered.
   */
  addNode(
    node: string,
    options: { readonly term: number; readonly standbyOf?: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** Whether every reference table is there, by the catalogs. */
  hasReferenceTables(node: string, signal: AbortSignal): Promise<boolean>;
  /** What the role that changes the cluster lacks for it, each as an admin can grant it; `role`: its name. */
  missingRights(
    change: RightsFor,
    signal: AbortSignal,
  ): Promise<{ readonly role: string; readonly missing: readonly string[] }>;
  /** Gives the roles on a node the same rights on the schema and its functions as on the coordinator node. */
  setRights(node: string, term: number, signal: AbortSignal): Promise<void>;
  /**
   * Takes it out of the catalogs; `unreachable`: without asking it. Nothing happens to one that is not there.
   */
  removeNode(
    node: string,
    options: { readonly term: number; readonly unreachable: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  setMayHoldShards(
    node: string,
    options: { readonly may: boolean; readonly term: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** On a server that is not, or no longer, a node: whether sessions that begin later may write. */
  setWritable(
    node: string,
    options: { readonly writable: boolean; readonly term: number },
    signal: AbortSignal,
  ): Promise<void>;
  /** On such a server: ends Orrery's sessions; returns how many. */
  endSessions(node: string, term: number, signal: AbortSignal): Promise<number>;

  readPins(signal: AbortSignal): Promise<readonly PinRow[]>;
  putPin(pin: PinRow, term: number, signal: AbortSignal): Promise<void>;
  removePin(pin: Pick<PinRow, "collection" | "namespace">, term: number, signal: AbortSignal): Promise<void>;
}

/** What builds the index of a shard anew; engines with a fixed placement have it too. */
export type IndexChanges = Pick<
  PlacementChanges,
  | "readCatalog"
  | "runStatement"
  | "isUnderWay"
  | "cancelStatement"
  | "readStatement"
  | "indexBuild"
  | "vectorIndex"
  | "setGraph"
  | "recordGraph"
  | "dropIndex"
  | "cancelBuilds"
  | "shardSize"
  | "analyse"
  | "missingRights"
>;
