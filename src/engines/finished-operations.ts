/** Where an engine keeps operations that have ended. */

/**
 * Records of operations that have ended, JSON texts by id. NODE_NOT_MIGRATED on a schema that cannot keep
 * them.
 */
export interface FinishedOperations {
  get(id: string, signal: AbortSignal): Promise<string | undefined>;
  /** Newest first. */
  list(signal: AbortSignal): Promise<readonly { readonly id: string; readonly json: string }[]>;
  /** How many there are of each kind and state, as their JSON names these. */
  count(
    signal: AbortSignal,
  ): Promise<readonly { readonly kind: string; readonly state: string; readonly count: number }[]>;
  /**
   * `term`: of the leader, which replaces what is there; NOT_LEADER when it is over. undefined: of any
   * coordinator, which leaves what is there.
   */
  add(operation: FinishedOperation, term: number | undefined, signal: AbortSignal): Promise<void>;
  deleteBefore(timeMs: number, term: number, signal: AbortSignal): Promise<void>;
}

export interface FinishedOperation {
  readonly id: string;
  readonly finishedAtMs: number;
  readonly json: string;
}
