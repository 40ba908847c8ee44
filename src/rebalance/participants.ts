/** Which nodes are balanced and which are emptied. Pure. */
import { OrreryError } from "../errors.ts";
import type { ClusterInventory, NodeInventory } from "./cluster-inventory.ts";
import type { PlanOptions, Warning } from "./rebalance-plan.ts";

export interface Participants {
  /** Give and take shard groups; the imbalance is measured over them. */
  readonly balanced: readonly NodeInventory[];
  /** To be emptied. */
  readonly drained: readonly NodeInventory[];
  readonly warnings: readonly Warning[];
}

/** Throws NODE_NOT_FOUND for a name that is no node of the cluster. */
export function participantsOf({ nodes }: ClusterInventory, options: PlanOptions): Participants {
  const { drainedNodes = [], excludedNodes = [] } = options;
  for (const name of [...(options.nodes ?? []), ...excludedNodes, ...drainedNodes]) {
    if (!nodes.some((node) => node.name === name)) {
      throw new OrreryError("NODE_NOT_FOUND", `the cluster has no node ${JSON.stringify(name)}`);
    }
  }
  const takesPart = ({ name }: NodeInventory) =>
    !excludedNodes.includes(name) && (options.nodes === undefined || options.nodes.includes(name));
  const isDrained = ({ name, state }: NodeInventory) => drainedNodes.includes(name) || state === "draining";
  const candidates = nodes.filter(
    (node) => drainedNodes.includes(node.name) || (takesPart(node) && node.state !== "inactive"),
  );
  const answering = candidates.filter(({ server }) => server !== undefined);
  return {
    balanced: answering.filter((node) => node.state === "active" && !isDrained(node)),
    drained: answering.filter(isDrained),
    warnings: candidates
      .filter(({ server, state }) => server === undefined && state !== "drained")
      .map(({ name }) => ({
        severity: drainedNodes.includes(name) ? "blocking" : "warning",
        code: "node_unreachable",
        node: name,
        message: `${name} does not answer and takes no part`,
      })),
  };
}
