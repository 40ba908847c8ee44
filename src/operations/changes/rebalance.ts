/** Carries out a plan that was made before. */
import type { MoveOptions } from "../change-request.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { argumentsOfOptions, pendingMove } from "./move-arguments.ts";
import { runRecordedMoves } from "./move-stages.ts";

export interface RebalanceSpec {
  readonly planId: string;
  readonly options: MoveOptions;
  /**
   * No move starts after this, milliseconds since 1970; the operation then ends as done with what was moved.
   */
  readonly noMoveAfterMs?: number;
}

/** PLAN_NOT_FOUND, PLAN_OUTDATED, NODE_UNFIT with the warnings that block the plan. */
export const rebalance: ChangeDefinition<RebalanceSpec> = {
  kind: "rebalance",
  title: "rebalance",
  // A plan is for the placements that were there when it was made.
  reach: { touches: "cluster", onCollision: "refused" },
  rights: "transfers",
  argumentsOf: ({ planId, options, noMoveAfterMs }) => ({
    plan: planId,
    ...argumentsOfOptions(options),
    ...(noMoveAfterMs !== undefined && { no_move_after_ms: noMoveAfterMs }),
  }),

  async check({ planId }, { planToStart }, signal) {
    const plan = await planToStart(planId, signal);
    return {
      facts: { imbalance_before: plan.imbalanceBefore, imbalance_after: plan.imbalanceAfter },
      moves: plan.moves.map(pendingMove),
    };
  },

  cancellation: "handled",
  run: runRecordedMoves,
};
