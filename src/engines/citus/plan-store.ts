/** Plans, kept for a day on the Citus coordinator node, where every coordinator finds them. */
import type { PlanStore } from "../../rebalance/planner.ts";
import type { RebalancePlan } from "../../rebalance/types.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";

export function createPlanStore(admin: AdminOptions): PlanStore {
  return {
    put: (plan, signal) =>
      withAdminSession(admin, signal, async (query) => {
        await query("DELETE FROM orrery.rebalance_plans WHERE created_at < now() - interval '1 day'");
        await query("INSERT INTO orrery.rebalance_plans (id, plan) VALUES ($1, $2)", [
          plan.id,
          JSON.stringify(plan),
        ]);
      }),
    get: (id, signal) =>
      withAdminSession(admin, signal, async (query) => {
        const [row] = await query(
          "SELECT plan::text AS plan FROM orrery.rebalance_plans WHERE id = $1 AND created_at >= now() - interval '1 day'",
          [id],
        );
        return row === undefined ? undefined : (JSON.parse(String(row.plan)) as RebalancePlan);
      }),
  };
}
