/** Changes of the cluster, as the rpc layer and the schedule call them. */
import type { ChangeRequest } from "./change-request.ts";
import type { ChangeDefinition } from "./changes/change-definition.ts";
import type { Operation } from "./types.ts";

export interface ClusterAdminApi {
  /**
   * Checks what can be checked before anything is touched, records an operation and waits up to a second for
   * its end. `spec`: what is to be changed, as the definition takes it.
   *
   * A `requestId` that an operation was already started with gets that operation back, whatever its state;
   * with another kind or other arguments INVALID_REQUEST naming `request_id`. With `dryRun` only the checks
   * run: the answer is an operation with an empty id and state `done`, not recorded, whose `moves` and
   * `arguments` say what would be done.
   *
   * Throws UNSUPPORTED on engines that do not place shards at runtime, OPERATION_CONFLICT naming the
   * operation that is in the way, NODE_UNAVAILABLE, NODE_NOT_MIGRATED and STORE_UNAVAILABLE; besides what the
   * definition names.
   */
  begin<Spec>(change: ChangeDefinition<Spec>, spec: Spec, request: ChangeRequest): Promise<Operation>;
}
