/** Lets a node that was drained hold shard groups again. */
import { repeatStep } from "../job.ts";
import { runStages } from "../stages.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { termOf } from "./change-deps.ts";
import { findPrimary } from "./find-in-catalog.ts";

export interface RestoreNodeSpec {
  readonly node: string;
}

/** NODE_NOT_FOUND, PLACEMENT_REFUSED (a standby). */
export const restoreNode: ChangeDefinition<RestoreNodeSpec> = {
  kind: "restore_node",
  title: "restore nodes",
  reach: { touches: "cluster", onCollision: "waits" },
  rights: "restore",
  argumentsOf: ({ node }) => ({ node }),

  async check({ node }, { changes }, signal) {
    findPrimary(await changes.readNodes(signal), node);
    return {};
  },

  cancellation: "noted",
  async run({ changes }, context) {
    const node = String(context.operation.arguments.node);
    const allow = () => changes.setMayHoldShards(node, { may: true, term: termOf(context) }, context.signal);
    await runStages(context, [{ name: "allow placement", run: () => repeatStep(allow, context) }]);
    return { message: "", result: { node } };
  },
};
