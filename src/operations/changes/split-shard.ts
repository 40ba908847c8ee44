/** Splits a shard group at given points, or where its rows divide most evenly; the parts stay on its node. */
import type { Collection, ShardId } from "../../topology/shard-map.ts";
import { type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { checkSplittable } from "./check-target.ts";
import { cleanUp } from "./clean-up.ts";
import { analyseCut, cutShard, rangeOf, shardsIn } from "./cut-shard.ts";
import { collectionIn, findShard, primaryId, primaryName } from "./find-in-catalog.ts";
import { checkSplitPoints, chooseSplitPoint } from "./split-points.ts";

export interface SplitShardSpec {
  readonly shard: ShardId;
  /** Last hash of each part but the last; empty: at the median of the hash of its rows. */
  readonly splitPoints: readonly number[];
}

/** SHARD_NOT_FOUND, INVALID_REQUEST naming `split_points`, NODE_UNFIT. */
export const splitShard: ChangeDefinition<SplitShardSpec> = {
  kind: "split_shard",
  title: "split shards",
  reach: { touches: "collection", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ shard, splitPoints }) => ({ shard, split_points: splitPoints }),

  async check({ shard: id, splitPoints }, deps, signal) {
    const catalog = await deps.changes.readCatalog(signal);
    const { collection, shard } = findShard(catalog, id);
    const { min, max } = shard;
    checkSplitPoints(splitPoints, shard);
    await checkSplittable(deps, primaryName(catalog, shard.group), signal);
    return { facts: { collection: collection.name, min, max } };
  },

  cancellation: "handled",
  async run(deps, context) {
    const { operation } = context;
    const recorded = operation.result?.split_points ?? operation.arguments.split_points ?? [];
    let points = recorded as readonly number[];
    let cancelled = operation.result?.cancelled === true;
    let left = "";
    const stages: readonly Stage[] = [
      {
        name: "find split points",
        async run() {
          if (points.length === 0) points = [await findPoint(deps, context)];
          context.report({ result: { split_points: points } });
        },
      },
      {
        name: "split",
        async run() {
          cancelled = (await split(deps, points, context)) === "cancelled";
          context.report({ fraction: 0.9, result: { split_points: points, cancelled } });
        },
      },
      { name: "analyse", run: () => analyseCut(deps, context) },
      {
        name: "clean up",
        async run() {
          left = await cleanUp(deps, context);
        },
      },
    ];
    await runStages(context, stages, () => cleanUp(deps, context));
    const shards = shardsIn(await readCatalog(deps, context), rangeOf(operation)).map(({ id }) => id);
    const result: JobResult = { message: left, result: { split_points: points, shards } };
    return cancelled ? { ...result, state: "cancelled" } : result;
  },
};

function readCatalog({ changes }: ChangeDeps, context: JobContext) {
  return repeatStep(() => changes.readCatalog(context.signal), context);
}

async function findPoint(deps: ChangeDeps, context: JobContext): Promise<number> {
  const catalog = await readCatalog(deps, context);
  const { collection, shard } = findShard(catalog, rangeOf(context.operation).shard);
  const relation = deps.relations.readRelation(collection, shard.id);
  const node = primaryName(catalog, shard.group);
  const weigh = () => deps.changes.hashWeights(node, relation, context.signal);
  return chooseSplitPoint(await repeatStep(weigh, context), shard);
}

async function split(deps: ChangeDeps, points: readonly number[], context: JobContext) {
  const range = rangeOf(context.operation);
  const catalog = await readCatalog(deps, context);
  // Absent when an earlier leader's statement has already split it.
  const before = catalog.collections.flatMap(({ shards }) => shards).find(({ id }) => id === range.shard);
  const node = before === undefined ? 0 : primaryId(catalog, before.group);
  const isReached = async () =>
    isSplitAt(points, collectionIn(await readCatalog(deps, context), range.collection));
  const statement = { kind: "split", shard: range.shard, points, node } as const;
  return cutShard(deps, { kind: "split", number: 0, statement, isReached }, context);
}

function isSplitAt(points: readonly number[], { shards }: Collection): boolean {
  return points.every((point) => shards.some(({ max }) => max === point));
}
