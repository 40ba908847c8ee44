/**
 * One kind of change of the cluster, complete. Adding one takes a file with a definition and its line in
 * definitions.ts, a name in `ClusterOperationKind`, the proto, a method and a command.
 */
import type { RightsFor } from "../../engines/placement-changes.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Job, JobContext, JobResult } from "../job.ts";
import type { ClusterOperationKind, MoveProgress } from "../types.ts";
import type { ChangeDeps, CheckDeps } from "./change-deps.ts";

/** What a change locks while it runs, and what happens to it when that is locked already. */
export interface Reach {
  /**
   * - `shard`: one shard group.
   * - `build`: one shard group, and the node named in its arguments, from other builds.
   * - `collection`: all shard groups of a collection, and the collection itself.
   * - `cut`: the same, and other cuts of any collection: of two at once one might fail.
   * - `cluster`: which nodes there are and what they hold.
   */
  readonly touches: "shard" | "build" | "collection" | "cut" | "cluster";
  /**
   * - `waits` for the end of the other change.
   * - `refused`: what was asked for makes no sense once the other one is done.
   */
  readonly onCollision: "waits" | "refused";
}

/** What was found out before a change is recorded. */
export interface Checked {
  /** With what the request gives, these are the arguments of the operation. */
  readonly facts?: JsonObject;
  /** As far as they are known before it begins. */
  readonly moves?: readonly MoveProgress[];
  /** What it will do and cost, for people; the answer to a dry run. */
  readonly message?: string;
}

/** `Spec`: what a request for such a change says. Its functions use no `this`. */
export interface ChangeDefinition<Spec> {
  readonly kind: ClusterOperationKind;
  /** As it follows "cannot": `move shards`. */
  readonly title: string;
  readonly reach: Reach;
  /** What the admin role must be allowed; undefined: `check` finds out itself. */
  readonly rights: RightsFor | undefined;
  /** What the spec gives of the operation's arguments; a request that is sent again is recognized by it. */
  readonly argumentsOf: (spec: Spec) => JsonObject;
  /** Throws what makes it impossible, before anything is recorded. Changes nothing. */
  readonly check: (spec: Spec, deps: CheckDeps, signal: AbortSignal) => Promise<Checked>;
  readonly cancellation: Job["cancellation"];
  /** What the leader does, by the operation's record alone; a later leader goes on at its stage. */
  readonly run: (deps: ChangeDeps, context: JobContext) => Promise<JobResult>;
}
