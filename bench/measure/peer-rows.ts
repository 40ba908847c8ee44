/** What `peers` measures. */

/**
 * server: a process of its own that clients reach by a socket; embedded: a database inside of the client's
 * process; library: an index inside of it, and nothing else.
 */
export type Place = "server" | "embedded" | "library";

/** Seconds, or microseconds per answer or record, of the processes that asked and of those that answered. */
export interface PeerCpu {
  /** With the system inside of it, where there is no server. */
  readonly client: number;
  /** A peer's server; of Orrery its coordinator. */
  readonly server: number;
  readonly postgres: number;
}

export interface Memory {
  /** Resident; what processes share counts for each of them. */
  readonly rssMib: number;
  /** What processes share counts once. */
  readonly pssMib: number;
}

export interface BuildRow {
  readonly system: string;
  readonly seconds: number;
  /** Seconds. */
  readonly cpu: PeerCpu;
  /** Of the servers; of the client's process where there is none. */
  readonly before: Memory;
  readonly after: Memory;
}

export interface SweepRow {
  readonly system: string;
  readonly width: number;
  readonly recall: number;
  readonly qps: number;
  readonly p50Ms: number;
  /** Microseconds per answer. */
  readonly cpu: PeerCpu;
}

export interface FilterRow {
  readonly system: string;
  readonly cell: string;
  readonly width: number;
  readonly recall: number;
  /** Of the queries, those whose answer lacks records that there are. */
  readonly short: number;
  readonly qps: number;
  /** Microseconds per answer. */
  readonly cpu: PeerCpu;
}

export interface UpdateRow {
  readonly system: string;
  readonly width: number;
  /** Microseconds per record. */
  readonly cpu: PeerCpu;
  readonly seconds: number;
  readonly recallBefore: number;
  readonly recallAfter: number;
}

/** One kind of data. */
export interface PeerResults {
  readonly kind: string;
  readonly records: number;
  readonly dimension: number;
  readonly systems: readonly { readonly id: string; readonly name: string; readonly place: Place }[];
  /** Those that could not be had, or broke, and at what. */
  readonly notRun: readonly { readonly id: string; readonly why: string }[];
  readonly builds: readonly BuildRow[];
  readonly sweep: readonly SweepRow[];
  readonly filters: readonly FilterRow[];
  readonly updates: readonly UpdateRow[];
}

export function totalOf({ client, server, postgres }: PeerCpu): number {
  return client + server + postgres;
}
