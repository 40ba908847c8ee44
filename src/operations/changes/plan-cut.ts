/** What a split or an isolation will do, known before it is recorded: where its pieces go, and the cost. */
import { OrreryError } from "../../errors.ts";
import type { JsonObject } from "../../lib/json.ts";
import { checkShardGroup } from "../../rebalance/check-move.ts";
import type { ClusterInventory, ShardGroup } from "../../rebalance/cluster-inventory.ts";
import { estimateMove } from "../../rebalance/estimate-move.ts";
import { type PlacedPiece, placePieces } from "../../rebalance/place-pieces.ts";
import type { Collection, Shard } from "../../topology/shard-map.ts";
import type { TransferMode } from "../change-request.ts";
import type { Checked } from "./change-definition.ts";
import type { PlacementDeps } from "./change-deps.ts";
import { checkSplittable, refuseBlocked, shardGroupOf, takesShards } from "./check-target.ts";
import { type AskedPiece, piecesOf } from "./cut-pieces.ts";
import { unfit } from "./refusals.ts";

export interface CutRequest {
  readonly collection: Collection;
  readonly shard: Shard;
  /** In the order of their hashes. */
  readonly pieces: readonly AskedPiece[];
  readonly transferMode: TransferMode;
}

/**
 * Throws NODE_NOT_FOUND, PLACEMENT_REFUSED (a standby, a drained node, a pin), NODE_UNFIT, and
 * WRITES_WOULD_WAIT where no other node may hold pieces and nobody has asked for writes to wait.
 */
export async function planCut(
  deps: PlacementDeps,
  { collection, shard, pieces: asked, transferMode }: CutRequest,
  signal: AbortSignal,
): Promise<Checked> {
  const nodes = await deps.changes.readNodes(signal);
  for (const { target } of asked) if (target !== undefined) takesShards(nodes, target);
  const inventory = await deps.inventory(signal);
  const shardGroup = shardGroupOf(inventory, shard);
  const source = inventory.nodes.find(({ group }) => group === shard.group)?.name ?? "";
  const blockWrites = transferMode === "block_writes";
  if (!blockWrites) {
    await checkSplittable(deps, source, signal);
    refuseBlocked(checkShardGroup(shardGroup));
  }
  const placement = placePieces(inventory, {
    shardGroup,
    pieces: piecesOf(asked, { inventory, shardGroup, collection }),
    strategy: deps.strategy,
    mayStay: blockWrites || deps.facts.splitsInPlace,
  });
  if (placement.kind === "unfit") throw unfit(placement.node, placement.reasons);
  if (placement.kind === "alone") throw writesWouldWait(inventory, shardGroup);
  const { pieces } = placement;
  for (const { node } of pieces) {
    if (node !== source && !(await deps.changes.hasReferenceTables(node, signal))) {
      throw unfit(node, [
        `${node} lacks reference tables: on the Citus coordinator node, SELECT replicate_reference_tables()`,
      ]);
    }
  }
  const { min, max } = shard;
  return {
    facts: { collection: collection.name, shard: shard.id, min, max, source, pieces: pieces.map(toJson) },
    message: describe(pieces, { inventory, shardGroup, source, blockWrites }),
  };
}

function toJson({ range, bytes, node, movedTo }: PlacedPiece): JsonObject {
  return {
    ...(range && { min: range.min, max: range.max }),
    bytes,
    node,
    ...(movedTo !== undefined && { moved_to: movedTo }),
  };
}

function writesWouldWait(inventory: ClusterInventory, shardGroup: ShardGroup): OrreryError {
  const seconds = secondsOf(inventory, shardGroup);
  return new OrreryError(
    "WRITES_WOULD_WAIT",
    `no other node may hold the pieces of shard ${shardGroup.shard}: writes to it would have to wait, for about ${seconds} s; ask for that explicitly, or add a node`,
    { details: { metadata: { shard: String(shardGroup.shard), seconds: String(seconds) } } },
  );
}

/** As long as the move of the whole shard group. */
function secondsOf({ nodes, rates }: ClusterInventory, shardGroup: ShardGroup): number {
  const source = nodes.find(({ group }) => group === shardGroup.group);
  const { copySeconds, indexSeconds } = estimateMove(shardGroup, source, rates);
  return Math.ceil(copySeconds + indexSeconds + rates.overheadSeconds);
}

/** For people: where the pieces go, what that takes on each disk, how long, and what waits. */
function describe(
  pieces: readonly PlacedPiece[],
  {
    inventory,
    shardGroup,
    source,
    blockWrites,
  }: {
    readonly inventory: ClusterInventory;
    readonly shardGroup: ShardGroup;
    readonly source: string;
    readonly blockWrites: boolean;
  },
): string {
  const { shard, bytes } = shardGroup;
  const lines = pieces.map((piece, index) => {
    const back = piece.movedTo === undefined ? "" : `, from where it is moved to ${piece.movedTo}`;
    return `piece ${index + 1} of ${pieces.length} (about ${megabytes(piece.bytes)}) on ${piece.node}${back}`;
  });
  const needed = [...new Set(pieces.map(({ node }) => node))].map((name) => {
    const added = pieces.filter(({ node }) => node === name).reduce((sum, piece) => sum + piece.bytes, 0);
    const free = inventory.nodes.find((node) => node.name === name)?.disk?.freeBytes;
    const of = free === undefined ? "" : ` of ${megabytes(free)} free`;
    return `${name} needs about ${megabytes(added)}${of}`;
  });
  const seconds = secondsOf(inventory, shardGroup);
  return [
    `shard ${shard} on ${source} (${megabytes(bytes)}): ${lines.join(", ")}`,
    `disk: ${needed.join(", ")}; ${source} keeps the shard until the pieces are ready`,
    blockWrites ? `writes to the shard wait for about ${seconds} s` : `about ${seconds} s; writes go on`,
  ].join("; ");
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}
