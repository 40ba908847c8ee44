/** Every kind of change of the cluster. */
import type { Job } from "../job.ts";
import type { ClusterOperationKind } from "../types.ts";
import { addNode } from "./add-node.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { drainNode } from "./drain-node.ts";
import { isolateNamespace } from "./isolate-namespace.ts";
import { moveShard } from "./move-shard.ts";
import { pinNamespace } from "./pin-namespace.ts";
import { rebalance } from "./rebalance.ts";
import { type ReindexDeps, reindexShard } from "./reindex-shard.ts";
import { removeNode } from "./remove-node.ts";
import { restoreNode } from "./restore-node.ts";
import { splitShard } from "./split-shard.ts";

export const CHANGE_DEFINITIONS: readonly ChangeDefinition<never>[] = [
  moveShard,
  splitShard,
  reindexShard,
  isolateNamespace,
  pinNamespace,
  rebalance,
  addNode,
  drainNode,
  restoreNode,
  removeNode,
];

/** undefined: no change of the cluster, or one of a newer version. */
export function definitionOf(kind: string): ChangeDefinition<never> | undefined {
  return CHANGE_DEFINITIONS.find((definition) => definition.kind === kind);
}

/** What the leader runs, by kind of operation. */
export function createChangeJobs(deps: ChangeDeps): Readonly<Record<ClusterOperationKind, Job>> {
  const jobs = CHANGE_DEFINITIONS.map(({ kind, cancellation, run }): [ClusterOperationKind, Job] => [
    kind,
    { cancellation, run: (context) => run(deps, context) },
  ]);
  return Object.fromEntries(jobs) as Record<ClusterOperationKind, Job>;
}

/** Of those what the leader runs where the placement is fixed. */
export function createIndexJobs(deps: ReindexDeps): Readonly<Partial<Record<ClusterOperationKind, Job>>> {
  const { kind, cancellation, run } = reindexShard;
  return { [kind]: { cancellation, run: (context) => run(deps, context) } };
}
