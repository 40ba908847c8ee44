/** Whether a coordinator should get requests: the one answer behind `/readyz` and gRPC health. */
import type { GroupId } from "../topology/shard-map.ts";

const ANSWERED_WITHIN_SECONDS = 30;

/** What readiness depends on, and what `/readyz` shows beside it. */
export interface Readiness {
  readonly mapLoaded: boolean;
  readonly rpcListening: boolean;
  /** Since any primary last answered; undefined when none ever did. */
  readonly secondsSinceAnswer: number | undefined;
  /** For information only: a dead node group must not take every coordinator out of service. */
  readonly groupsDown: readonly GroupId[];
  /** For information only: no request needs the store. */
  readonly mapStoreReachable: boolean;
}

export function isReady({ mapLoaded, rpcListening, secondsSinceAnswer }: Readiness): boolean {
  return (
    mapLoaded &&
    rpcListening &&
    secondsSinceAnswer !== undefined &&
    secondsSinceAnswer <= ANSWERED_WITHIN_SECONDS
  );
}
