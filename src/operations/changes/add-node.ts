/** Makes a PostgreSQL server a node of the cluster: the primary of a new node group, or a standby. */
import { isOrreryError, OrreryError } from "../../errors.ts";
import { whyUnfit } from "../../servers/why-unfit.ts";
import { type GroupId, primaryOf } from "../../topology/shard-map.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { nodeServed } from "../wait-until-served.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { runLongStep, sessionName } from "./long-step.ts";
import { unfit } from "./refusals.ts";

export interface AddNodeSpec {
  /** `host:port`. */
  readonly node: string;
  /** undefined: the primary of a new node group. */
  readonly standbyOfGroup?: GroupId;
}

/**
 * NODE_UNFIT with every reason, NODE_NOT_FOUND (the group of a standby), NODE_NOT_MIGRATED (no superuser).
 */
export const addNode: ChangeDefinition<AddNodeSpec> = {
  kind: "add_node",
  title: "add nodes",
  reach: { touches: "cluster", onCollision: "waits" },
  rights: undefined,
  argumentsOf: ({ node, standbyOfGroup }) => ({
    node,
    ...(standbyOfGroup !== undefined && { standby_of_group: standbyOfGroup }),
  }),

  async check({ node, standbyOfGroup }, { changes, facts: placement }, signal) {
    const catalog = await changes.readCatalog(signal);
    if ((await changes.readNodes(signal)).some(({ name }) => name === node)) {
      throw unfit(node, [`${node} is a node of the cluster already`]);
    }
    const primary = standbyOfGroup === undefined ? undefined : primaryOf(catalog, standbyOfGroup);
    if (standbyOfGroup !== undefined && primary === undefined) {
      throw new OrreryError("NODE_NOT_FOUND", `there is no node group ${standbyOfGroup}`);
    }
    const coordinator = primaryOf(catalog, placement.coordinatorGroup);
    if (coordinator === undefined) throw unfit(node, ["the Citus coordinator node is not registered"]);
    const reference = await changes.serverFacts(coordinator.name, signal);
    const noRight = placement.whyNoNodeIsAdded(reference);
    if (noRight !== undefined) throw new OrreryError("NODE_NOT_MIGRATED", noRight);
    const facts = await changes.serverFacts(node, signal).catch((error: unknown) => {
      throw isOrreryError(error) ? unfit(node, [`${node} cannot be used: ${error.message}`]) : error;
    });
    const reasons = whyUnfit(node, facts, { reference, standbyOf: primary?.group });
    if (reasons.length > 0) throw unfit(node, reasons);
    return { facts: { read_only: facts.readOnly, ...(primary && { standby_of: primary.name }) } };
  },

  cancellation: "noted",
  async run(deps, context) {
    const { changes } = deps;
    const { signal } = context;
    const { node, read_only: readOnly, standby_of: standbyOf } = context.operation.arguments;
    const name = String(node);
    const term = termOf(context);
    const register = () =>
      changes.addNode(name, { term, ...(typeof standbyOf === "string" && { standbyOf }) }, signal);
    let message = "";
    const stages: readonly Stage[] = [
      {
        name: "make writable",
        async run() {
          // One that was removed from a cluster has refused writes since.
          if (readOnly === true)
            await repeatStep(() => changes.setWritable(name, { writable: true, term }, signal), context);
        },
      },
      { name: "register", run: () => repeatStep(register, context) },
      {
        name: "copy reference tables",
        async run() {
          if (standbyOf === undefined) await copyReferenceTables(name, deps, context);
        },
      },
      {
        name: "set rights",
        async run() {
          if (standbyOf === undefined) {
            await repeatStep(() => changes.setRights(name, term, signal), context);
          }
        },
      },
      {
        name: "publish",
        async run() {
          message = await nodeServed(deps, { node: name, isThere: true }, signal);
        },
      },
    ];
    await runStages(context, stages);
    return { message, result: { node: name } };
  },
};

async function copyReferenceTables(node: string, deps: ChangeDeps, context: JobContext): Promise<void> {
  const { changes } = deps;
  const step = {
    session: sessionName(context, 0),
    statement: () => ({ kind: "copy reference tables" }) as const,
    isReached: () => repeatStep(() => changes.hasReferenceTables(node, context.signal), context),
    mayCancel: () => false,
    term: termOf(context),
  } as const;
  // A node without them would fail queries, so it is not left half-way.
  await runLongStep(deps, step, { ...context, cancelled: new AbortController().signal });
}
