/** When a coordinator may be sent requests: one answer for `/readyz` and for gRPC health. */
import type { GroupId } from "../topology/shard-map.ts";

const ANSWERED_WITHIN_SECONDS = 30;

export interface Readiness {
  readonly mapLoaded: boolean;
  readonly rpcListening: boolean;
  /** Since the last answer of any node; undefined when none ever answered. */
  readonly secondsSinceAnswer: number | undefined;
  /** Listed for people; a dead node group must not take every coordinator out. */
  readonly groupsDown: readonly GroupId[];
  /** Listed for people; no request needs the store. */
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
