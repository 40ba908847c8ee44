/** Whether a coordinator should get requests: the one answer behind `/readyz` and gRPC health. */
import type { GroupId } from "../topology/shard-map.ts";

/** An idle coordinator hears of a node only every 10 s, and a ping may take 5 s to fail. */
const ANSWERED_WITHIN_SECONDS = 30;
/** How long the last answer outweighs a failure since: a restart must not take every coordinator out. */
const GRACE_SECONDS = 3;

/** What readiness depends on, and what `/readyz` shows beside it. */
export interface Readiness {
  readonly mapLoaded: boolean;
  readonly rpcListening: boolean;
  /** Since any node group with shards last answered; undefined when none ever did. */
  readonly secondsSinceAnswer: number | undefined;
  /** Node groups with shards, or all before there are shards, whose last attempt succeeded. One is enough. */
  readonly groupsUp: readonly GroupId[];
  /** For information only: a dead node group must not take every coordinator out of service. */
  readonly groupsDown: readonly GroupId[];
  /** For information only: no request needs the store. */
  readonly mapStoreReachable: boolean;
}

export function isReady({ mapLoaded, rpcListening, secondsSinceAnswer, groupsUp }: Readiness): boolean {
  return (
    mapLoaded &&
    rpcListening &&
    secondsSinceAnswer !== undefined &&
    secondsSinceAnswer <= (groupsUp.length > 0 ? ANSWERED_WITHIN_SECONDS : GRACE_SECONDS)
  );
}
