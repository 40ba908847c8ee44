/** What the jobs that change the cluster work with. */

import type { Engine } from "../../engines/engine.ts";
import type { PlacementChanges } from "../../engines/placement-changes.ts";
import { OrreryError } from "../../errors.ts";
import type { Logger } from "../../lib/logger.ts";
import type { PlannedMove } from "../../rebalance/types.ts";
import type { JobContext } from "../job.ts";
import type { MoveLimits } from "../move-limits.ts";
import type { OperationsObserver } from "../observer.ts";
import type { ServedDeps } from "../wait-until-served.ts";

export interface ChangeDeps extends ServedDeps {
  readonly changes: PlacementChanges;
  readonly relations: Pick<Engine, "readRelation">;
  readonly limits: MoveLimits;
  /**
   * The moves that empty a node, best targets first. PLACEMENT_REFUSED when some shard group has nowhere to
   * go.
   */
  readonly planDrain: (node: string, signal: AbortSignal) => Promise<readonly PlannedMove[]>;
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
