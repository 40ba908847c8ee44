/**
 * Rebalancing on a schedule: the leader plans, and carries the plan out when it is worth it. Either way it
 * logs why.
 */
import { Cron } from "croner";
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { RebalanceApi } from "../rebalance/api.ts";
import type { RebalancePlan } from "../rebalance/rebalance-plan.ts";
import type { MoveOptions } from "./change-request.ts";
import { rebalance as rebalanceChange } from "./changes/rebalance.ts";
import type { ClusterAdminApi } from "./cluster-admin-api.ts";
import { type OperationsObserver, SCHEDULE } from "./observer.ts";
import { windowEnd } from "./schedule-window.ts";

export interface ScheduleOptions {
  /** Cron expression, UTC. */
  readonly schedule: string;
  /** `HH:MM-HH:MM`, UTC; undefined: always. */
  readonly window: string | undefined;
  readonly movesPerNode: number;
}

export interface ScheduleDeps {
  readonly rebalance: Pick<RebalanceApi, "plan">;
  readonly admin: ClusterAdminApi;
  readonly isLeader: () => boolean;
  readonly observer: Pick<OperationsObserver, "movesThrottled" | "movesResumed">;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

const PLAN_MS = 60_000;
/** A plan that removes less than this share of the imbalance is not worth its moves. */
const WORTH_SHARE = 0.1;

const notPlanned = () => new OrreryError("NODE_UNAVAILABLE", `it could not be planned in ${PLAN_MS} ms`);

/** Throws CONFIG_INVALID when the cron expression is not valid. */
export function checkSchedule(schedule: string): void {
  cronJob(schedule);
}

/** Throws CONFIG_INVALID when the cron expression is not valid. */
export function startSchedule(options: ScheduleOptions, deps: ScheduleDeps): { close(): void } {
  const job = cronJob(options.schedule, () => runScheduled(options, deps));
  return { close: () => job.stop() };
}

/** Never runs without `run`. */
function cronJob(schedule: string, run?: () => Promise<void>): Cron {
  try {
    return new Cron(schedule, { timezone: "UTC", protect: true, unref: true }, run);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OrreryError("CONFIG_INVALID", `rebalance.schedule: ${why}`, { cause });
  }
}

/** One run: plans and starts, or says why not. Never throws. */
export async function runScheduled(
  { window, movesPerNode }: Omit<ScheduleOptions, "schedule">,
  { rebalance, admin, isLeader, observer, logger, epochMs }: ScheduleDeps,
): Promise<void> {
  // The leader reports what it throttles.
  if (!isLeader()) return observer.movesResumed(SCHEDULE);
  const noMoveAfterMs = window === undefined ? undefined : windowEnd(window, epochMs());
  if (window !== undefined && noMoveAfterMs === undefined) {
    logger.info({ window }, "scheduled rebalance: not now, outside of its window");
    observer.movesThrottled({ by: SCHEDULE, reason: "window" });
    return;
  }
  observer.movesResumed(SCHEDULE);
  try {
    const plan = await runWithin({ ms: PLAN_MS, reason: notPlanned }, (signal) => rebalance.plan({}, signal));
    const facts = {
      plan: plan.id,
      imbalance: plan.imbalanceBefore,
      imbalanceAfter: plan.imbalanceAfter,
      moves: plan.moves.length,
      estimatedSeconds: plan.estimatedSeconds,
    };
    const why = whyNot(plan);
    if (why !== undefined) {
      logger.info(facts, `scheduled rebalance: not now, ${why}`);
      return;
    }
    const options: MoveOptions = { transferMode: "logical", movesPerNode, abortOnSlo: false };
    const operation = await admin.begin(
      rebalanceChange,
      { planId: plan.id, options, ...(noMoveAfterMs !== undefined && { noMoveAfterMs }) },
      { requestedBy: SCHEDULE, dryRun: false },
    );
    logger.info({ ...facts, operation: operation.id }, "scheduled rebalance: started, it is worth it");
  } catch (error) {
    if (isOrreryError(error)) logger.warn({ code: error.code }, `scheduled rebalance: ${error.message}`);
    else logger.error({ err: error }, "scheduled rebalance failed unexpectedly");
  }
}

/** Why a plan is not worth carrying out; undefined when it is. Pure. */
function whyNot({
  moves,
  warnings,
  imbalanceBefore,
  imbalanceAfter,
  options,
}: RebalancePlan): string | undefined {
  const blocking = warnings.find(({ severity }) => severity === "blocking");
  if (blocking !== undefined) return `it cannot be: ${blocking.message}`;
  if (moves.some(({ reason }) => reason !== "balance")) return undefined;
  if (imbalanceBefore <= options.threshold) {
    return `an imbalance of ${imbalanceBefore.toFixed(3)} is within the threshold of ${options.threshold}`;
  }
  if (moves.length === 0) return "no move would improve the balance";
  if (imbalanceBefore - imbalanceAfter < imbalanceBefore * WORTH_SHARE) {
    return `its moves would only take the imbalance from ${imbalanceBefore.toFixed(3)} to ${imbalanceAfter.toFixed(3)}`;
  }
  return undefined;
}
