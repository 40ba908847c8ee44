/** Moves and their options as the records of operations have them. Pure. */
import type { JsonObject } from "../../lib/json.ts";
import type { PlannedMove } from "../../rebalance/rebalance-plan.ts";
import type { MoveOptions } from "../change-request.ts";
import type { MoveProgress } from "../types.ts";

export function argumentsOfOptions({ transferMode, movesPerNode, abortOnSlo }: MoveOptions): JsonObject {
  return { transfer_mode: transferMode, moves_per_node: movesPerNode, abort_on_slo: abortOnSlo };
}

export function optionsOf(args: JsonObject): MoveOptions {
  return {
    transferMode: args.transfer_mode === "block_writes" ? "block_writes" : "logical",
    movesPerNode: Number(args.moves_per_node ?? 1),
    abortOnSlo: args.abort_on_slo === true,
  };
}

export function pendingMove({
  shard,
  collection,
  source,
  target,
  bytes = 0,
}: Pick<PlannedMove, "shard" | "collection" | "source" | "target"> & {
  readonly bytes?: number;
}): MoveProgress {
  return {
    shard,
    collection,
    source,
    target,
    state: "pending",
    phase: "",
    fraction: 0,
    bytesDone: 0,
    bytesTotal: bytes,
  };
}
