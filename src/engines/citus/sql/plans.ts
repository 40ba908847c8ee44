/** Plans of rebalances, kept for a day in a table of the Citus coordinator node. */
import type { RebalancePlan } from "../../../rebalance/rebalance-plan.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

const DELETE_OLD = "DELETE FROM orrery.rebalance_plans WHERE created_at < now() - interval '1 day'";

const INSERT = "INSERT INTO orrery.rebalance_plans (id, plan) VALUES ($1, $2)";

const READ =
  "SELECT plan::text AS plan FROM orrery.rebalance_plans WHERE id = $1 AND created_at >= now() - interval '1 day'";

export async function putPlan(query: AdminQuery, plan: RebalancePlan): Promise<void> {
  await query(DELETE_OLD);
  await query(INSERT, [plan.id, JSON.stringify(plan)]);
}

/** undefined: unknown, or older than a day. */
export async function readPlan(query: AdminQuery, id: string): Promise<RebalancePlan | undefined> {
  const [row] = await query(READ, [id]);
  return row === undefined ? undefined : (JSON.parse(String(row.plan)) as RebalancePlan);
}
