/**
 * Changes of the cluster, as the rpc layer and the schedule call them. Each checks what can be checked before
 * anything is touched, records an operation and waits up to a second for its end.
 *
 * A `requestId` that an operation was already started with gets that operation back, whatever its state; with
 * another kind or other arguments INVALID_REQUEST naming `request_id`. With `dryRun` only the checks run: the
 * answer is an operation with an empty id and state `done`, not recorded, whose `moves` and `result` say what
 * would be done.
 *
 * Every method throws UNSUPPORTED on engines that do not place shards at runtime, OPERATION_CONFLICT naming
 * the operation that is in the way, and STORE_UNAVAILABLE; besides what it names itself.
 */
import type { RebalancePlan } from "../rebalance/rebalance-plan.ts";
import type { ShardId } from "../topology/shard-map.ts";
import type { Operation } from "./types.ts";

export interface ChangeRequest {
  /** undefined: every call is another one. */
  readonly requestId?: string;
  /** Who asked, for people. */
  readonly requestedBy: string;
  readonly dryRun: boolean;
}

export type TransferMode = "logical" | "block_writes";

export interface MoveOptions {
  readonly transferMode: TransferMode;
  /** Moves that may touch one node at the same time. */
  readonly movesPerNode: number;
  /** Cancel when lag or latency is over its limit, instead of throttling further moves. */
  readonly abortOnSlo: boolean;
}

export interface MoveShardRequest extends ChangeRequest {
  readonly shard: ShardId;
  /** Node name, like in the other requests. */
  readonly target: string;
  readonly options: MoveOptions;
}

export interface SplitShardRequest extends ChangeRequest {
  readonly shard: ShardId;
  /** Last hash of each part but the last; empty: at the median of the hash of its rows. */
  readonly splitPoints: readonly number[];
}

export interface NamespaceChangeRequest extends ChangeRequest {
  readonly collection: string;
  readonly namespace: string;
}

export interface IsolateNamespaceRequest extends NamespaceChangeRequest {
  /** undefined: its shard group stays on the node. */
  readonly target?: string;
  readonly options: MoveOptions;
}

export interface PinNamespaceRequest extends NamespaceChangeRequest {
  readonly target: string;
  readonly options: MoveOptions;
}

export interface NodeRequest extends ChangeRequest {
  readonly node: string;
}

export interface AddNodeRequest extends NodeRequest {
  /** undefined: the primary of a new node group. */
  readonly standbyOfGroup?: number;
}

export interface DrainNodeRequest extends NodeRequest {
  readonly options: MoveOptions;
}

export interface RemoveNodeRequest extends NodeRequest {
  /** Also when it cannot be reached. */
  readonly force: boolean;
}

export interface StartRebalanceRequest extends ChangeRequest {
  readonly planId: string;
  /**
   * `RebalanceApi.planToStart`. Not asked when the request began an operation before: its plan is outdated by
   * then.
   */
  readonly planToStart: (id: string, signal: AbortSignal) => Promise<RebalancePlan>;
  readonly options: MoveOptions;
  /**
   * No move starts after this, milliseconds since 1970; the operation then ends as done with what was moved.
   */
  readonly noMoveAfterMs?: number;
}

export interface ClusterAdminApi {
  /** SHARD_NOT_FOUND, NODE_NOT_FOUND, PLACEMENT_REFUSED (already there, pinned elsewhere), NODE_UNFIT. */
  moveShard(request: MoveShardRequest): Promise<Operation>;
  /** SHARD_NOT_FOUND, INVALID_REQUEST naming `split_points`, NODE_UNFIT. */
  splitShard(request: SplitShardRequest): Promise<Operation>;
  /**
   * COLLECTION_NOT_FOUND, NAMESPACE_NOT_FOUND, NODE_NOT_FOUND, PLACEMENT_REFUSED (has its own already),
   * NODE_UNFIT.
   */
  isolateNamespace(request: IsolateNamespaceRequest): Promise<Operation>;
  /**
   * Records the pin, then moves the shard group there. As `isolateNamespace`; PLACEMENT_REFUSED on a contrary
   * pin.
   */
  pinNamespace(request: PinNamespaceRequest): Promise<Operation>;
  /** COLLECTION_NOT_FOUND. Without a pin it is done at once. */
  unpinNamespace(request: NamespaceChangeRequest): Promise<Operation>;
  /** NODE_UNFIT with every reason. */
  addNode(request: AddNodeRequest): Promise<Operation>;
  /** NODE_NOT_FOUND, PLACEMENT_REFUSED (pins to it, nowhere to go), NODE_UNFIT. */
  drainNode(request: DrainNodeRequest): Promise<Operation>;
  /** NODE_NOT_FOUND. */
  restoreNode(request: NodeRequest): Promise<Operation>;
  /** NODE_NOT_FOUND, PLACEMENT_REFUSED (still holds shard groups), NODE_UNAVAILABLE without `force`. */
  removeNode(request: RemoveNodeRequest): Promise<Operation>;
  /** What `planToStart` throws. */
  startRebalance(request: StartRebalanceRequest): Promise<Operation>;
}
