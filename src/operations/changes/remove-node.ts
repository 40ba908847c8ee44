/**
 * Takes a node out of the cluster.
 *
 * The server itself comes last: while the cluster knows it, whatever changes nodes has to write to it. In
 * between it forwards by catalogs that are still right, because no other change of the cluster runs.
 *
 * A server that is lost on the way is not waited for when it is to be removed by force: then it does not
 * learn of its removal.
 */
import type { ClusterNode } from "../../engines/placement-changes.ts";
import { OrreryError } from "../../errors.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { nodeServed } from "../wait-until-served.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { type ChangeDeps, type CheckDeps, termOf } from "./change-deps.ts";
import { findNode } from "./find-in-catalog.ts";
import { reach, shardsOn, whatIsLost } from "./lost-node.ts";
import { refused, unfit } from "./refusals.ts";
import { whileReachable } from "./while-reachable.ts";

export interface RemoveNodeSpec {
  readonly node: string;
  /** Also when it cannot be reached. */
  readonly force: boolean;
}

/** A server that restarts is back within this many repetitions. */
const MAX_REPETITIONS = 20;
/** How long a server that is to be removed may not answer, without and with force. */
const PATIENCE_MS = 90_000;
const FORCED_PATIENCE_MS = 15_000;

/** NODE_NOT_FOUND, PLACEMENT_REFUSED (still holds shard groups, or cannot be reached), NODE_UNFIT. */
export const removeNode: ChangeDefinition<RemoveNodeSpec> = {
  kind: "remove_node",
  title: "remove nodes",
  // Behind another change it might no longer be the empty node that was to go.
  reach: { touches: "cluster", onCollision: "refused" },
  rights: "remove",
  argumentsOf: ({ node, force }) => ({ node, force }),

  async check({ node: name, force }, deps, signal) {
    const { changes } = deps;
    const nodes = await changes.readNodes(signal);
    const node = findNode(nodes, name);
    const { group, role } = node;
    if (group === deps.facts.coordinatorGroup && role === "primary") {
      throw refused(`${name} is the Citus coordinator node`);
    }
    const reached = await reach(changes, name, signal);
    const silence = "silence" in reached ? reached.silence : undefined;
    if (role === "primary") {
      const isSilent = silence !== undefined;
      await refuseUsed(deps, { node, nodes, isSilent }, signal);
    }
    if (silence !== undefined && !force) {
      throw refused(
        `${name} cannot be reached (${silence}). By force it is removed without learning of it: should it come back, clients that still reach it would write by what it last knew, and what only it holds is lost`,
      );
    }
    if ("facts" in reached && role === "primary" && !reached.facts.ownsDatabase) {
      throw unfit(name, [
        `Orrery's admin role does not own the database at ${name}, so it could not be made read-only`,
      ]);
    }
    return { facts: { role, unreachable: silence !== undefined } };
  },

  cancellation: "noted",
  async run(deps, context) {
    const { changes } = deps;
    const { signal, operation } = context;
    const { node, role } = operation.arguments;
    const name = String(node);
    const term = termOf(context);
    const server = new LeavingServer(name, deps, context);
    const risk = `${name} does not know that it was removed: keep it off, because clients that reach it would write by what it last knew`;
    const stateAfter = `it is no node of the cluster any more, and ${risk}`;
    let message = "";
    let ended = 0;
    const stages: readonly Stage[] = [
      {
        name: "unregister",
        async run() {
          await server.run(
            (limited) => changes.removeNode(name, { term, unreachable: false }, limited),
            "it is a node of the cluster as before, and is removed without it only by force",
          );
          if (!server.isLost) return;
          const remove = () => changes.removeNode(name, { term, unreachable: true }, signal);
          await repeatStep(remove, context, MAX_REPETITIONS);
        },
      },
      {
        name: "publish",
        async run() {
          message = await nodeServed(deps, { node: name, isThere: false }, signal);
        },
      },
      {
        name: "refuse writes",
        async run() {
          if (role === "standby") return;
          await server.run(
            (limited) => changes.setWritable(name, { writable: false, term }, limited),
            stateAfter,
          );
        },
      },
      {
        name: "end sessions",
        async run() {
          const end = (limited: AbortSignal) => changes.endSessions(name, term, limited);
          ended = (await server.run(end, stateAfter)) ?? 0;
        },
      },
    ];
    await runStages(context, stages);
    return {
      message: [message, server.isLost ? risk : ""].filter(Boolean).join("; "),
      result: { node: name, sessions_ended: ended },
    };
  },
};

/** Throws PLACEMENT_REFUSED while a primary has a standby, shards, or namespaces pinned to it. */
async function refuseUsed(
  { changes }: Pick<CheckDeps, "changes">,
  {
    node: { name, group, shards },
    nodes,
    isSilent,
  }: { readonly node: ClusterNode; readonly nodes: readonly ClusterNode[]; readonly isSilent: boolean },
  signal: AbortSignal,
): Promise<void> {
  const standby = nodes.find((other) => other.group === group && other.role === "standby");
  if (shards > 0 && isSilent) {
    throw refused(whatIsLost(name, { held: shardsOn(await changes.readCatalog(signal), group), standby }));
  }
  if (standby !== undefined) throw refused(`${name} has a standby, ${standby.name}: remove it first`);
  if (shards > 0) throw refused(`${name} holds ${shards} shards: drain it first`);
  const pinned = (await changes.readPins(signal)).filter((pin) => pin.group === group);
  if (pinned.length > 0) {
    throw refused(
      `${pinned.length} namespaces are pinned to ${name}, ${JSON.stringify(pinned[0]?.namespace)} for one`,
    );
  }
}

/** The server that is removed, which may be lost meanwhile. */
class LeavingServer {
  readonly #name: string;
  readonly #deps: ChangeDeps;
  readonly #context: JobContext;
  #isLost: boolean;

  constructor(name: string, deps: ChangeDeps, context: JobContext) {
    const { arguments: args, result } = context.operation;
    this.#name = name;
    this.#deps = deps;
    this.#context = context;
    this.#isLost = args.unreachable === true || result?.lost === true;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Runs a step at the server; undefined once that is lost and is removed by force. NODE_UNAVAILABLE, with
   * `state` (how far the removal is), when it is lost otherwise.
   */
  async run<T>(step: (signal: AbortSignal) => Promise<T>, state: string): Promise<T | undefined> {
    if (this.#isLost) return undefined;
    const server = this.#name;
    const isForced = this.#context.operation.arguments.force === true;
    const patienceMs = isForced ? FORCED_PATIENCE_MS : PATIENCE_MS;
    const options = { server, run: step, maxRepetitions: MAX_REPETITIONS, patienceMs };
    const end = await whileReachable(this.#deps, options, this.#context);
    if (!end.lost) return end.value;
    if (!isForced) {
      throw new OrreryError("NODE_UNAVAILABLE", `${server} does not answer any more: ${state}`, {
        details: { metadata: { node: server } },
      });
    }
    this.#isLost = true;
    // For a later leader, who need not find it out again.
    this.#context.report({ result: { lost: true } });
    return undefined;
  }
}
