/** What the checks before a change of the cluster, and the jobs that make it, work with. */

import type { Engine } from "../../engines/engine.ts";
import type { PlacementChanges } from "../../engines/placement-changes.ts";
import type { PlacementFacts } from "../../engines/runtime-placement.ts";
import { OrreryError } from "../../errors.ts";
import type { Logger } from "../../lib/logger.ts";
import type { RebalanceApi } from "../../rebalance/api.ts";
import type { ClusterInventory } from "../../rebalance/cluster-inventory.ts";
import type { BalanceStrategy } from "../../rebalance/costs.ts";
import type { JobContext } from "../job.ts";
import type { MoveLimits } from "../move-limits.ts";
import type { OperationsObserver } from "../observer.ts";
import type { ServedDeps } from "../wait-until-served.ts";

/** What both work with. */
export interface PlacementDeps {
  readonly changes: PlacementChanges;
  readonly facts: Pick<PlacementFacts, "coordinatorGroup" | "whyNoNodeIsAdded" | "splitsInPlace">;
  /** Read now. */
  readonly inventory: (signal: AbortSignal) => Promise<ClusterInventory>;
  readonly strategy: BalanceStrategy;
}

export interface CheckDeps extends PlacementDeps {
  /** Whether the namespace has records. */
  readonly namespaceExists: (collection: string, namespace: string, signal: AbortSignal) => Promise<boolean>;
  readonly planToStart: RebalanceApi["planToStart"];
}

export interface ChangeDeps extends PlacementDeps, ServedDeps {
  readonly relations: Pick<Engine, "readRelation">;
  readonly limits: MoveLimits;
  /** A statement that makes no progress for so long is ended. */
  readonly maxStallMs: number;
  readonly observer: OperationsObserver;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
  readonly logger: Logger;
}

/** The term under which a job of the leader acts. */
export function termOf({ leaderTerm, operation }: Pick<JobContext, "leaderTerm" | "operation">): number {
  if (leaderTerm === undefined) throw new OrreryError("BUG", `${operation.kind} runs without a leader term`);
  return leaderTerm.term;
}
