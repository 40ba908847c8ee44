/** Whether how far standbys are behind can be seen at all: moves would wait for them for ever. Pure. */
import type { ClusterInventory, Warning } from "./types.ts";

/** One of any node, wherever a move goes: all of them hold moves back. */
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
