/** Planning, as the API calls it. */
import type { GroupId } from "../topology/shard-map.ts";
import type { ClusterInventory } from "./cluster-inventory.ts";
import type { BalanceStrategy } from "./costs.ts";
import type { PlanOptions, RebalancePlan } from "./rebalance-plan.ts";

/** What an admin asks for; the configuration supplies the rest. */
export type PlanRequest = Omit<PlanOptions, "strategy" | "threshold"> & {
  readonly strategy?: BalanceStrategy;
  readonly threshold?: number;
};

export interface RebalanceApi {
  /**
   * Reads the cluster, plans, and stores the plan for a day. NODE_NOT_FOUND, NODE_UNAVAILABLE when the Citus
   * coordinator node does not answer, UNSUPPORTED on engines that do not place shards at runtime.
   */
  plan(request: PlanRequest, signal: AbortSignal): Promise<RebalancePlan>;
  /**
   * A plan that may be carried out. PLAN_NOT_FOUND, PLAN_OUTDATED, NODE_UNFIT with the warnings that block
   * it.
   */
  planToStart(id: string, signal: AbortSignal): Promise<RebalancePlan>;
  /**
   * The node group that the shard group of a namespace has to be on; undefined: not pinned, or fixed
   * placement.
   */
  pinnedGroup(collection: string, namespace: string, signal: AbortSignal): Promise<GroupId | undefined>;
  /**
   * Sizes, rows, load and disks, at most some seconds old; undefined where the engine does not
   * report them or does not answer.
   */
  inventory(signal: AbortSignal): Promise<ClusterInventory | undefined>;
}
