/** A system as a process of ours reaches it, or has it inside. */
import type { TopicRecord } from "../../test/support/topics.ts";
import type { Samples } from "../client/job.ts";
import type { PeerSearch } from "../data/peer-data.ts";

/** Called one after another, but for `search`. */
export interface Adapter {
  /** Adds records, or overwrites those of the same key. At most 1,000. */
  write(records: readonly TopicRecord[]): Promise<void>;
  /** What the system's users do after a bulk of writes: build an index, compact, vacuum. */
  finish(): Promise<void>;
  /** How wide searches look from now on: `ef_search`, or what the system calls it. */
  setWidth(width: number): Promise<void>;
  /** Keys of the ten nearest. `client`: the number of the one that asks, from 0. */
  search(search: PeerSearch, client: number): Promise<readonly string[]>;
  close(): Promise<void>;
}

interface Shape {
  readonly dimension: number;
  /** The most records there will be. */
  readonly capacity: number;
  /** How many ask at once. */
  readonly clients: number;
}

/** `modules`: a folder whose packages it takes; `folder`: for its files. */
export type AdapterSpec = Shape &
  (
    | { readonly kind: "redis"; readonly modules: string; readonly port: number; readonly quantized: boolean }
    | { readonly kind: "chroma"; readonly modules: string; readonly port: number }
    | { readonly kind: "lancedb"; readonly modules: string; readonly folder: string }
    | { readonly kind: "hnswlib"; readonly modules: string }
    | { readonly kind: "usearch"; readonly modules: string; readonly folder: string }
    | { readonly kind: "pgvector"; readonly url: string; readonly table: string }
    | {
        readonly kind: "orrery";
        readonly address: string;
        readonly collection: string;
        /** The Citus coordinator node, for VACUUM, and the table of the collection. */
        readonly url: string;
        readonly table: string;
        /** How soon the coordinator sees new statistics. */
        readonly statisticsIntervalMs: number;
      }
  );

/** What the main process asks of a process with an adapter. `open` comes first, once. */
export type AdapterJob =
  | { readonly do: "open"; readonly spec: AdapterSpec }
  | { readonly do: "write"; readonly records: readonly TopicRecord[] }
  | { readonly do: "finish" }
  | { readonly do: "set-width"; readonly width: number }
  /** Each search once, one after another. */
  | { readonly do: "answer"; readonly searches: readonly PeerSearch[] }
  /** Each client asks again as soon as it has its answer. */
  | {
      readonly do: "load";
      readonly searches: readonly PeerSearch[];
      readonly clients: number;
      readonly seconds: number;
    };

export interface AdapterResult {
  /** Keys, for `answer`. */
  readonly answers?: readonly (readonly string[])[];
  /** For `load`. */
  readonly samples?: Samples;
}

/** The graph of every system that lets one choose: pgvector's defaults. */
export const LINKS = 16;
export const BUILD_WIDTH = 64;
/** Chosen when a collection is made. */
export const CHROMA_WIDTH = 40;
