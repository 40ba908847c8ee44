/** `window`: of scheduled rebalances. `unknown`: nobody can say whether a limit is kept. */
export type ThrottleReason = "lag" | "search_p95" | "unknown" | "window";

/** Who throttles what a schedule is to move. */
export const SCHEDULE = "schedule";

/** Told about changes of the cluster that this coordinator has run; metrics implement it. */
export interface OperationsObserver {
  /** Once per finished change of a shard group. `bytes`: what moved, 0 if nothing. */
  shardMoved(change: {
    readonly kind: "move" | "split" | "isolate";
    readonly result: "done" | "failed" | "cancelled";
    readonly bytes: number;
    readonly elapsedMs: number;
  }): void;
  /** Moves do not begin. `by`: an operation's id, or SCHEDULE. Again when there is another reason. */
  movesThrottled(held: { readonly by: string; readonly reason: ThrottleReason }): void;
  /** They do again, or there are none left. Nothing happens when none were throttled. */
  movesResumed(by: string): void;
}
