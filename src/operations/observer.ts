/** Told about changes of the cluster that this coordinator has run; metrics implement it. */
export interface OperationsObserver {
  /** Once per finished change of a shard group. `bytes`: what moved, 0 if nothing. */
  shardMoved(change: {
    readonly kind: "move" | "split" | "isolate";
    readonly result: "done" | "failed" | "cancelled";
    readonly bytes: number;
    readonly elapsedMs: number;
  }): void;
}
