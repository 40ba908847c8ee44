/** `window`: of scheduled rebalances. `unknown`: whether a limit is kept could not be measured. */
export type ThrottleReason = "lag" | "search_p95" | "unknown" | "window";

/** The `by` of moves that the schedule throttles. */
export const SCHEDULE = "schedule";

/** Notified of the changes of the cluster that this coordinator has run; metrics implement it. */
export interface OperationsObserver {
  /** Once per finished change of a shard group. `bytes`: what moved, 0 if nothing. */
  shardMoved(change: {
    readonly kind: "move" | "split" | "isolate";
    readonly result: "done" | "failed" | "cancelled";
    readonly bytes: number;
    readonly elapsedMs: number;
  }): void;
  /** Once per finished operation that built the index of a shard anew. */
  indexRebuilt(build: { readonly result: "done" | "failed" | "cancelled"; readonly elapsedMs: number }): void;
  /** Moves do not begin. `by`: an operation's id, or SCHEDULE. Called again when the reason changes. */
  movesThrottled(throttled: { readonly by: string; readonly reason: ThrottleReason }): void;
  /** They begin again, or there are none left. Does nothing when none were throttled. */
  movesResumed(by: string): void;
}
