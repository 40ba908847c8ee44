/** What every request for a change of the cluster says besides the change itself. */

export interface ChangeRequest {
  /** undefined: each call is a request of its own. */
  readonly requestId?: string;
  /** Who asked, for people. */
  readonly requestedBy: string;
  /** Only check, and answer with what would be done. */
  readonly dryRun: boolean;
}

export type TransferMode = "logical" | "block_writes";

/** How shard groups are moved, for each change that moves any. */
export interface MoveOptions {
  readonly transferMode: TransferMode;
  /** Moves that may touch one node at the same time. */
  readonly movesPerNode: number;
  /** Cancel when lag or latency is over its limit, instead of throttling further moves. */
  readonly abortOnSlo: boolean;
}
