/** Runs a change of the cluster as the leader would, on a cluster in memory. */

import { OrreryError } from "../../../../src/errors.ts";
import type { JsonObject } from "../../../../src/lib/json.ts";
import type { ChangeDeps } from "../../../../src/operations/changes/change-deps.ts";
import { createChangeJobs } from "../../../../src/operations/changes/definitions.ts";
import { pendingMove } from "../../../../src/operations/changes/move-arguments.ts";
import type { JobContext, JobProgress } from "../../../../src/operations/job.ts";
import type { ClusterOperationKind, MoveProgress } from "../../../../src/operations/types.ts";
import { hashText } from "../../../../src/topology/ring.ts";
import { noopLogger } from "../../../contract/noop-logger.ts";
import type { MemoryCluster } from "../changing-cluster.ts";

export const DISK_FULL = new OrreryError("STATEMENT_FAILED", "disk full", {
  details: { metadata: { sqlstate: "53100" } },
});
/** Of namespace `ns`. */
export const SHARD_OF_NS = 1 + Math.floor((hashText("ns") + 2 ** 31) / 2 ** 30);
/** Moves that shard to the second node. */
export const MOVE = pendingMove({ shard: SHARD_OF_NS, collection: "c", source: "n1:1", target: "n2:1" });

/** A clock by which every reading is a minute and a half after the one before. */
export const HASTY = () => performance.now() * 100_000;

/** A statement that makes no progress for so long is ended. */
export const MAX_STALL_MS = 300;

/** What the record of an operation says when the leader begins it. */
export interface Recorded {
  readonly args?: JsonObject;
  readonly moves?: readonly MoveProgress[];
}

export function runChange(
  cluster: MemoryCluster,
  kind: ClusterOperationKind,
  { args = {}, moves }: Recorded,
  epochMs = () => performance.now(),
) {
  const cancel = new AbortController();
  const stages: string[] = [];
  let progress: JobProgress = {};
  const fractions: number[] = [];
  const report = (change: JobProgress) => {
    progress = { ...progress, ...change };
    if (change.fraction !== undefined) fractions.push(change.fraction);
  };
  const context = {
    operation: { id: "op", kind, stage: "", arguments: args, ...(moves && { moves }) },
    leaderTerm: { term: 1 },
    signal: new AbortController().signal,
    cancelled: cancel.signal,
    report,
    enter: async (stage: string) => {
      stages.push(stage);
    },
    save: async () => {},
  } as unknown as JobContext;
  const deps = {
    changes: cluster.changes,
    relations: { readRelation: () => "r" },
    limits: { obstacle: async () => undefined },
    maxStallMs: MAX_STALL_MS,
    facts: { splitsInPlace: false },
    strategy: "by_disk_size",
    inventory: async () => cluster.inventory(),
    observer: { shardMoved() {}, indexRebuilt() {}, movesThrottled() {}, movesResumed() {} },
    publishNow: async () => {},
    epochMs,
    logger: noopLogger,
    map: { current: () => ({ ...cluster.catalog(), epoch: 1 }) },
    store: {
      load: async () => ({ value: { ...cluster.catalog(), epoch: 1 }, revision: "1" }),
      coordinators: async () => [],
    },
  } as unknown as ChangeDeps;
  const ended = createChangeJobs(deps)[kind].run(context);
  ended.catch(() => {});
  return { ended, cancel, stages, fractions, progress: () => progress };
}
