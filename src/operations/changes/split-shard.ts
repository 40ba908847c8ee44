/** Splits a shard group at given points, or where its rows divide most evenly. */
import { invalidField } from "../../errors.ts";
import type { HashRange, ShardId } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import { type JobContext, repeatStep } from "../job.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import type { ChangeDeps } from "./change-deps.ts";
import { type AskedPiece, rangesBetween } from "./cut-pieces.ts";
import { rangeOf, runCut } from "./cut-shard.ts";
import { findShard, primaryName } from "./find-in-catalog.ts";
import { argumentsOfOptions } from "./move-arguments.ts";
import { planCut } from "./plan-cut.ts";
import { checkSplitPoints, chooseSplitPoint } from "./split-points.ts";

export interface SplitShardSpec {
  readonly shard: ShardId;
  /** Last hash of each piece but the last; empty: two pieces, cut at the median of the hash of its rows. */
  readonly splitPoints: readonly number[];
  /** Names of nodes: none, one for all pieces, or one for each in the order of their hashes. */
  readonly targets: readonly string[];
  readonly options: MoveOptions;
}

/**
 * SHARD_NOT_FOUND, INVALID_REQUEST naming `split_points` or `target_nodes`, and what `planCut` throws.
 */
export const splitShard: ChangeDefinition<SplitShardSpec> = {
  kind: "split_shard",
  title: "split shards",
  reach: { touches: "cut", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ shard, splitPoints, targets, options }) => ({
    shard,
    split_points: splitPoints,
    ...(targets.length > 0 && { targets }),
    ...argumentsOfOptions(options),
  }),

  async check({ shard: id, splitPoints, targets, options: { transferMode } }, deps, signal) {
    const { collection, shard } = findShard(await deps.changes.readCatalog(signal), id);
    checkSplitPoints(splitPoints, shard);
    const ranges = splitPoints.length === 0 ? [undefined, undefined] : rangesBetween(splitPoints, shard);
    checkTargets(targets, ranges.length);
    const pieces = askedPieces(ranges, targets);
    return planCut(deps, { collection, shard, pieces, transferMode }, signal);
  },

  cancellation: "handled",
  async run(deps, context) {
    const { arguments: args, result } = context.operation;
    let points = (result?.split_points ?? args.split_points ?? []) as readonly number[];
    const findPoints = {
      name: "find split points",
      async run() {
        if (points.length === 0) points = [await findPoint(deps, context)];
        context.report({ result: { split_points: points } });
      },
    };
    const targets = (args.targets ?? []) as readonly string[];
    return runCut(deps, context, {
      kind: "split",
      before: [findPoints],
      points: () => points,
      asked: (ranges) => askedPieces(ranges, targets),
      result: (pieces) => ({ split_points: points, shards: pieces.map(({ id }) => id) }),
    });
  },
};

function checkTargets(targets: readonly string[], pieces: number): void {
  if (targets.length <= 1 || targets.length === pieces) return;
  throw invalidField(
    "target_nodes",
    `has ${targets.length} items: give none, one for all pieces, or one for each of the ${pieces}`,
  );
}

function askedPieces(
  ranges: readonly (HashRange | undefined)[],
  targets: readonly string[],
): readonly AskedPiece[] {
  return ranges.map((range, index) => ({
    range,
    target: targets.length === 1 ? targets[0] : targets[index],
  }));
}

async function findPoint({ changes, relations }: ChangeDeps, context: JobContext): Promise<number> {
  const { signal } = context;
  const catalog = await repeatStep(() => changes.readCatalog(signal), context);
  const { collection, shard } = findShard(catalog, rangeOf(context.operation).shard);
  const relation = relations.readRelation(collection, shard.id);
  const node = primaryName(catalog, shard.group);
  const weigh = () => changes.hashWeights(node, relation, signal);
  return chooseSplitPoint(await repeatStep(weigh, context), shard);
}
