/** Whether replication lag can be seen at all; otherwise moves would wait forever. Pure. */
import type { ClusterInventory } from "./cluster-inventory.ts";
import type { Warning } from "./rebalance-plan.ts";

/** Of all nodes, whichever a move touches: the lag of any of them throttles moves. */
export function checkLag({
  nodes,
  limitsLag,
}: Pick<ClusterInventory, "nodes" | "limitsLag">): readonly Warning[] {
  if (!limitsLag) return [];
  return nodes
    .filter(({ hidesStandbys, state }) => hidesStandbys && state !== "inactive")
    .map(({ name }) => ({
      severity: "blocking",
      code: "lag_hidden",
      node: name,
      message: `Orrery's admin role may not see how far the standbys of ${name} are: it needs pg_monitor there, or rebalance.maxLagBytes is 0`,
    }));
}
