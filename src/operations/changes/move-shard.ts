/** Moves one shard group to another node. */
import type { ShardId } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { checkTarget } from "./check-target.ts";
import { findShard, primaryName } from "./find-in-catalog.ts";
import { argumentsOfOptions, pendingMove } from "./move-arguments.ts";
import { runRecordedMoves } from "./move-stages.ts";

export interface MoveShardSpec {
  readonly shard: ShardId;
  /** Name of a node. */
  readonly target: string;
  readonly options: MoveOptions;
}

/** SHARD_NOT_FOUND, NODE_NOT_FOUND, PLACEMENT_REFUSED (already there, pinned elsewhere), NODE_UNFIT. */
export const moveShard: ChangeDefinition<MoveShardSpec> = {
  kind: "move_shard",
  title: "move shards",
  reach: { touches: "shard", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ shard, target, options }) => ({ shard, target, ...argumentsOfOptions(options) }),

  async check({ shard: id, target }, deps, signal) {
    const catalog = await deps.changes.readCatalog(signal);
    const { collection, shard } = findShard(catalog, id);
    await checkTarget(deps, { shard, target }, signal);
    const source = primaryName(catalog, shard.group);
    return {
      facts: { collection: collection.name },
      moves: [pendingMove({ shard: id, collection: collection.name, source, target })],
    };
  },

  cancellation: "handled",
  run: runRecordedMoves,
};
