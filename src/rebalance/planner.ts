/** Planning on a cluster that can be changed: reads it, plans, stores plans, checks them before a start. */
import { OrreryError } from "../errors.ts";
import { adviseIsolations, adviseShardCounts } from "./advise-placement.ts";
import type { PlanRequest, RebalanceApi } from "./api.ts";
import type { ClusterReading } from "./cluster-inventory.ts";
import type { BalanceStrategy } from "./costs.ts";
import type { Inventory } from "./inventory.ts";
import { planBalance } from "./plan.ts";
import { whyBlocked, whyOutdated } from "./plan-outdated.ts";
import type { RebalancePlan } from "./rebalance-plan.ts";

export interface PlanStore {
  put(plan: RebalancePlan, signal: AbortSignal): Promise<void>;
  /** undefined: unknown, or older than a day. */
  get(id: string, signal: AbortSignal): Promise<RebalancePlan | undefined>;
}

export interface PlannerDeps {
  readonly inventory: Inventory;
  readonly plans: PlanStore;
  readonly readPins: (signal: AbortSignal) => Promise<ClusterReading["pins"]>;
  readonly defaults: { readonly strategy: BalanceStrategy; readonly threshold: number };
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly epochMs: () => number;
}

/** Most reasons that an error lists; the rest are counted. */
const MOST_REASONS = 3;

export function createPlanner({
  inventory,
  plans,
  readPins,
  defaults,
  newId,
  epochMs,
}: PlannerDeps): RebalanceApi {
  return {
    async plan(request: PlanRequest, signal) {
      const known = await inventory(signal, { fresh: true });
      const options = { ...defaults, ...request };
      const plan: RebalancePlan = {
        ...planBalance(known, options),
        id: newId(),
        createdAtMs: epochMs(),
        epoch: known.epoch,
        options,
        isolations: adviseIsolations(known, options.strategy),
        shardCounts: adviseShardCounts(known),
      };
      await plans.put(plan, signal);
      return plan;
    },

    async planToStart(id, signal) {
      const plan = await plans.get(id, signal);
      if (plan === undefined) {
        throw new OrreryError(
          "PLAN_NOT_FOUND",
          `there is no plan ${JSON.stringify(id)}, or it is older than a day`,
        );
      }
      const known = await inventory(signal, { fresh: true });
      const changed = whyOutdated(plan, known);
      if (changed.length > 0) {
        throw new OrreryError(
          "PLAN_OUTDATED",
          `the cluster has changed since it was planned: ${listed(changed)}`,
        );
      }
      const blocked = whyBlocked(plan, known);
      if (blocked.length > 0) {
        throw new OrreryError("NODE_UNFIT", listed(blocked.map(({ message }) => message)));
      }
      return plan;
    },

    async pinnedGroup(collection, namespace, signal) {
      const pins = await readPins(signal);
      return pins.find((pin) => pin.collection === collection && pin.namespace === namespace)?.group;
    },

    async inventory(signal) {
      return inventory(signal);
    },
  };
}

function listed(reasons: readonly string[]): string {
  const more = reasons.length - MOST_REASONS;
  return reasons.slice(0, MOST_REASONS).join("; ") + (more > 0 ? `; and ${more} more` : "");
}
