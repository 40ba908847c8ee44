/** What the main process asks of a client process, and what it gets back. */
import type { Statement } from "../../src/shards/statement.ts";

export interface Query {
  readonly vector: Float32Array;
  /** None: all namespaces. */
  readonly namespaces: readonly string[];
}

/** Records of one namespace, written by one call. */
export interface WriteBatch {
  readonly namespace: string;
  readonly records: readonly { readonly key: string; readonly vector: Float32Array }[];
}

/** A statement for one node. */
export interface NodeStatement extends Statement {
  readonly url: string;
}

/** How a client process reaches a system. */
export type DriverSpec =
  | {
      readonly kind: "citus-search";
      readonly url: string;
      readonly table: string;
      readonly topK: number;
      readonly vectors: "text" | "binary";
      /**
       * By name, once a connection; otherwise parsed and planned each time, as `query(text, values)` does.
       */
      readonly prepared: boolean;
    }
  | { readonly kind: "citus-upsert"; readonly url: string; readonly table: string }
  | {
      readonly kind: "orrery-search";
      readonly address: string;
      readonly collection: string;
      readonly topK: number;
      /** Absent: the server's own. */
      readonly efSearch?: number;
    }
  | { readonly kind: "orrery-upsert"; readonly address: string; readonly collection: string }
  | { readonly kind: "statement" };

export type Request = Query | WriteBatch | NodeStatement;

/**
 * - closed: each client asks again as soon as it has its answer. Client i takes requests i, i + clients, ...
 *   in turn, and in each further round the ones after those.
 * - open: requests are due at random times (Poisson) whether or not earlier ones have been answered; each
 *   waits for one of `clients` connections. Those that still wait when `queue` others do, or at the end, are
 *   dropped.
 * - each: every request once, one after another, and the answers kept.
 */
export type Load =
  | { readonly kind: "closed"; readonly clients: number; readonly seconds: number }
  | {
      readonly kind: "open";
      readonly clients: number;
      readonly seconds: number;
      readonly ratePerSecond: number;
      readonly queue: number;
      readonly seed: number;
    }
  | { readonly kind: "each" };

export interface Job {
  readonly driver: DriverSpec;
  readonly requests: readonly Request[];
  readonly load: Load;
}

/** Finished requests in the order they ended. */
export interface Samples {
  /** Milliseconds since 1970. */
  readonly endsMs: readonly number[];
  /** Open load: from the time the request was due. */
  readonly latenciesMs: readonly number[];
  readonly errors: readonly string[];
  readonly dropped: number;
}

export interface JobResult {
  readonly samples: Samples;
  /** Keys of each answer, for `each`. */
  readonly answers: readonly (readonly string[])[];
}
