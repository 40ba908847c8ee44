/** The jobs that change the cluster, by kind of operation. */
import type { Job } from "../job.ts";
import type { ClusterOperationKind } from "../types.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { drainJob, moveJob } from "./move-jobs.ts";
import { addNodeJob, removeNodeJob, restoreNodeJob } from "./node-jobs.ts";
import { pinJob } from "./pin-job.ts";
import { isolateJob, splitJob } from "./split-jobs.ts";

export function createChangeJobs(deps: ChangeDeps): Readonly<Record<ClusterOperationKind, Job>> {
  return {
    move_shard: moveJob(deps),
    rebalance: moveJob(deps),
    drain_node: drainJob(deps),
    split_shard: splitJob(deps),
    isolate_namespace: isolateJob(deps),
    update_namespace: pinJob(deps),
    add_node: addNodeJob(deps),
    restore_node: restoreNodeJob(deps),
    remove_node: removeNodeJob(deps),
  };
}
