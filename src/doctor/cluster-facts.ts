/** What `orrery doctor` finds out about a cluster. */

import type { ClockDifference, Disk, ServerFacts } from "../servers/server-facts.ts";
import type { ServerIdentity } from "../servers/server-identity.ts";

/** What one node said. */
export interface NodeFacts {
  /** `host:port` as the cluster names it. */
  readonly name: string;
  /** Why it could not be asked; then the rest is absent. */
  readonly error?: string;
  /** Of that: the error says already how to repair it. */
  readonly saysWhatToDo?: boolean;
  /** The cluster knows it and does not use it; then the rest is absent. */
  readonly inactive?: boolean;
  readonly server?: ServerFacts;
  /** undefined: it could not be found out. */
  readonly identity?: ServerIdentity;
  /** Last applied migration; undefined: none. */
  readonly schema?: number;
  /** Its clock against this machine's. */
  readonly clock?: ClockDifference;
  readonly connections?: { readonly used: number; readonly allowed: number };
  /** undefined: not known, as without Citus. */
  readonly disk?: Disk | undefined;
  /** Whether the login that asked may see what other roles do. */
  readonly seesStatistics?: boolean;
  /** Whether everybody may run functions of Orrery's schema. Only with Citus. */
  readonly openFunctions?: boolean;
  /** The role that changes the cluster, where it has to see how far standbys are. */
  readonly admin?: AdminFacts;
  /** Log that the unused slot furthest back keeps. */
  readonly idleSlotBytes?: number;
  /** Slots of standbys that are not connected. */
  readonly missingStandbys?: readonly string[];
  readonly shards?: readonly {
    readonly table: string;
    /** Whose shard it is; undefined: not found out. */
    readonly collection?: string;
    /** Its collection has no vector index. */
    readonly unindexed?: true;
    /** Estimated. */
    readonly rows: number;
    /** HNSW indexes; `valid`: all of them are. */
    readonly indexes: number;
    readonly valid: boolean;
    readonly indexBytes: number;
    readonly indexScans: number;
    readonly sequentialScans: number;
    /** Rows inserted and updated since statistics began. */
    readonly writes?: number;
  }[];
  /** On its smallest and largest shard of each collection; undefined: not found out. */
  readonly misplanned?: readonly MisplannedSearch[];
}

/** A search that PostgreSQL plans otherwise than it is meant. */
export interface MisplannedSearch {
  readonly collection: string;
  readonly table: string;
  readonly template: string;
  readonly plan: string;
}

/** What the role of `citus.adminUrl` is on a node, or why it could not be asked. */
export type AdminFacts =
  | { readonly error: string }
  | { readonly role: string; readonly seesLag: boolean; readonly hasStandbys: boolean };

/** A setting that differs from what suits the data there is. */
export interface ParameterFact {
  /** A node, or `collection` and its name. */
  readonly subject: string;
  readonly parameter: string;
  readonly present: string;
  readonly advised: string;
  readonly reason: string;
}

export interface ClusterFacts {
  readonly engine: "citus" | "postgres" | "embedded";
  /** Last migration this program knows. */
  readonly schema: number;
  readonly nodes: readonly NodeFacts[];
  /** undefined: it could not be found out. */
  readonly parameters?: {
    readonly advice: readonly ParameterFact[];
    /** Nodes that did not answer: collections are not judged by a part of their shards. */
    readonly unknownNodes: readonly string[];
  };
  /** What collections lack that new ones have; undefined: it could not be found out. */
  readonly collections?: readonly { readonly name: string; readonly lacks: readonly string[] }[];
  /** Settings that have no effect on what there is: why. */
  readonly unusedSettings?: readonly { readonly setting: string; readonly why: string }[];
  /** Connections that one coordinator may open to a node. */
  readonly poolMax?: number;
  /** undefined: not used. */
  readonly etcd?: { readonly error?: string; readonly version?: string };
}
