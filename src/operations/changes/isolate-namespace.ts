/** Gives a namespace a shard group of its own, and moves that if asked to. */

import { OrreryError } from "../../errors.ts";
import type { Shard } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import { type JobContext, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { MoveProgress } from "../types.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { checkSplittable, checkTarget } from "./check-target.ts";
import { cleanUp } from "./clean-up.ts";
import { analyseCut, cutShard } from "./cut-shard.ts";
import { findNode, primaryName, shardOfNamespace } from "./find-in-catalog.ts";
import { argumentsOfOptions, pendingMove } from "./move-arguments.ts";
import { moveStages } from "./move-stages.ts";
import { refused } from "./refusals.ts";

export interface IsolateNamespaceSpec {
  readonly collection: string;
  readonly namespace: string;
  /** Name of a node; undefined: its shard group stays where it is. */
  readonly target?: string;
  readonly options: MoveOptions;
}

/** The share of the work that cutting makes up; moving is the rest. */
const CUT_SHARE = 0.3;
/** Above the numbers of its moves. */
const CUT_NUMBER = 1_000;

/**
 * COLLECTION_NOT_FOUND, NAMESPACE_NOT_FOUND, NODE_NOT_FOUND, PLACEMENT_REFUSED (isolated already),
 * NODE_UNFIT.
 */
export const isolateNamespace: ChangeDefinition<IsolateNamespaceSpec> = {
  kind: "isolate_namespace",
  title: "isolate namespaces",
  reach: { touches: "collection", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ collection, namespace, target, options }) => ({
    collection,
    namespace,
    ...(target !== undefined && { target }),
    ...argumentsOfOptions(options),
  }),

  async check(spec, deps, signal) {
    const { collection, namespace, target } = spec;
    const catalog = await deps.changes.readCatalog(signal);
    const { shard } = shardOfNamespace(catalog, spec);
    const { id, min, max, group } = shard;
    const quoted = JSON.stringify(namespace);
    if (isAlone(shard)) throw refused(`namespace ${quoted} has shard ${id} for itself already`);
    if (!(await deps.namespaceExists(collection, namespace, signal))) {
      throw new OrreryError("NAMESPACE_NOT_FOUND", `namespace ${quoted} has no records`);
    }
    await checkSplittable(deps, primaryName(catalog, group), signal);
    if (target !== undefined && findNode(await deps.changes.readNodes(signal), target).group !== group) {
      await checkTarget(deps, { shard, target }, signal);
    }
    return { facts: { shard: id, min, max } };
  },

  cancellation: "handled",
  async run(deps, context) {
    const { operation } = context;
    let cancelled = operation.result?.cancelled === true;
    const share = { from: CUT_SHARE, to: 1 };
    const movesOf = () => (cancelled ? [] : movesAfterCut(deps, context));
    const { move, clean, end } = moveStages(deps, context, { movesOf, share });
    const isolate: Stage = {
      name: "isolate",
      async run() {
        cancelled = (await cutOut(deps, context)) === "cancelled";
        context.report({ fraction: CUT_SHARE, result: { cancelled } });
      },
    };
    const analyse: Stage = { name: "analyse", run: () => analyseCut(deps, context) };
    await runStages(context, [isolate, analyse, move, clean], () => cleanUp(deps, context));
    const { shard } = await findOwn(deps, context);
    const ended = end();
    return cancelled
      ? { ...ended, state: "cancelled", message: "" }
      : { ...ended, result: { shard: shard.id, ...ended.result } };
  },
};

/** True for a shard that holds one hash value and nothing else. */
function isAlone({ min, max }: Shard): boolean {
  return min === max;
}

/** The catalogs now, and in them the shard that has the namespace. */
async function findOwn({ changes }: ChangeDeps, context: JobContext) {
  const { collection, namespace } = context.operation.arguments;
  const names = { collection: String(collection), namespace: String(namespace) };
  const catalog = await repeatStep(() => changes.readCatalog(context.signal), context);
  return { catalog, ...shardOfNamespace(catalog, names) };
}

async function cutOut(deps: ChangeDeps, context: JobContext) {
  const { table } = (await findOwn(deps, context)).collection;
  const shardKey = String(context.operation.arguments.namespace);
  const statement = { kind: "isolate", table, shardKey } as const;
  const isReached = async () => isAlone((await findOwn(deps, context)).shard);
  return cutShard(deps, { kind: "isolate", number: CUT_NUMBER, statement, isReached }, context);
}

async function movesAfterCut(deps: ChangeDeps, context: JobContext): Promise<readonly MoveProgress[]> {
  const { target } = context.operation.arguments;
  if (target === undefined) return [];
  const { catalog, collection, shard } = await findOwn(deps, context);
  const source = primaryName(catalog, shard.group);
  if (source === target) return [];
  const recorded = context.operation.moves?.find((move) => move.shard === shard.id);
  const move = { shard: shard.id, collection: collection.name, source, target: String(target) };
  return [recorded ?? pendingMove(move)];
}
