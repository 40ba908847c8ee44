/** A system of `peers`, as the main process has it. */
import type { Defer } from "../../src/lib/releasers.ts";
import type { Forked } from "../client/forked.ts";
import type { Place } from "../measure/peer-rows.ts";
import type { BenchCluster } from "../setup/cluster.ts";
import type { Watched } from "../setup/with-bench.ts";
import type { AdapterJob, AdapterResult, AdapterSpec } from "./adapter.ts";

/** What a system is opened with, for one kind of data. */
export interface PeerContext {
  readonly cluster: BenchCluster;
  /** Of the data. */
  readonly kind: string;
  readonly dimension: number;
  readonly capacity: number;
  readonly clients: number;
  readonly defer: Defer;
}

export interface PeerDefinition {
  /** As `--systems` has it. */
  readonly id: string;
  readonly place: Place;
  /** Absent: yes. */
  readonly hasFilters?: boolean;
  /** How wide its searches always look; absent: as the sweep says. */
  readonly fixedWidth?: number;
  /** Starts its servers. Throws, saying why, when the system cannot be had here. */
  open(context: PeerContext): Promise<OpenedPeer>;
}

export interface OpenedPeer {
  /** With its version. */
  readonly name: string;
  readonly spec: AdapterSpec;
  /** Roots of the trees of its servers; none: it is inside of the adapter's process. */
  readonly watched: Watched;
}

/** With its adapter open. */
export interface Peer extends Omit<PeerDefinition, "open">, OpenedPeer {
  readonly adapter: Forked<AdapterJob, AdapterResult>;
}
