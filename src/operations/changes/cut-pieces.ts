/** The pieces that a shard group is cut into: their ranges, sizes, and where each belongs. Pure. */
import type { ClusterInventory, ShardGroup } from "../../rebalance/cluster-inventory.ts";
import type { Piece } from "../../rebalance/place-pieces.ts";
import { hashText } from "../../topology/ring.ts";
import type { Collection, HashRange } from "../../topology/shard-map.ts";
import { findNode } from "./find-in-catalog.ts";
import { refused } from "./refusals.ts";

/** A piece as a request wants it. */
export interface AskedPiece {
  /** undefined: where it is cut is not known yet. */
  readonly range: HashRange | undefined;
  /** Name of the node that is to hold it; undefined: any. */
  readonly target: string | undefined;
}

/** The ranges between the last hashes of all pieces but the last. */
export function rangesBetween(points: readonly number[], { min, max }: HashRange): readonly HashRange[] {
  return [...points, max].map((end, index) => ({
    min: index === 0 ? min : (points[index - 1] as number) + 1,
    max: end,
  }));
}

/** Where to cut so that a hash has a piece for itself: at two points, or one at either end of the range. */
export function pointsAround(hash: number, { min, max }: HashRange): readonly number[] {
  return [...(hash > min ? [hash - 1] : []), ...(hash < max ? [hash] : [])];
}

/**
 * What is asked for with what pins want, and how much of the shard group each piece makes up. Throws
 * NODE_NOT_FOUND, and PLACEMENT_REFUSED where a pin wants a piece elsewhere.
 */
export function piecesOf(
  asked: readonly AskedPiece[],
  {
    inventory,
    shardGroup,
    collection,
  }: {
    readonly inventory: ClusterInventory;
    readonly shardGroup: ShardGroup;
    readonly collection: Pick<Collection, "name">;
  },
): readonly Piece[] {
  const pins = inventory.pins.filter(
    (pin) => pin.shard === shardGroup.shard && pin.collection === collection.name,
  );
  return asked.map(({ range, target }) => {
    // The shard key is the namespace. Where the cut is not known, a pin may want any of the pieces.
    const pin = pins.find(({ namespace }) => range === undefined || isIn(range, hashText(namespace)));
    const wanted = target === undefined ? pin?.group : findNode(inventory.nodes, target).group;
    if (pin !== undefined && pin.group !== wanted) {
      throw refused(
        `a pin of namespace ${JSON.stringify(pin.namespace)} keeps its piece of shard ${shardGroup.shard} on node group ${pin.group}`,
      );
    }
    return { range, wanted, share: shareOf(range, asked.length, { inventory, shardGroup }) };
  });
}

/** By its part of the hashes; the namespaces that are known to be large count as they are. */
function shareOf(
  range: HashRange | undefined,
  count: number,
  { inventory, shardGroup }: { readonly inventory: ClusterInventory; readonly shardGroup: ShardGroup },
): number {
  if (range === undefined) return 1 / count;
  const large = inventory.largeNamespaces.filter(({ shard }) => shard === shardGroup.shard);
  const sum = (namespaces: typeof large) => namespaces.reduce((total, { rows }) => total + rows, 0);
  const total = Math.max(1, shardGroup.rows, sum(large));
  const within = sum(large.filter(({ namespace }) => isIn(range, hashText(namespace))));
  const width = (range.max - range.min + 1) / (shardGroup.max - shardGroup.min + 1);
  return (within + (total - sum(large)) * width) / total;
}

function isIn({ min, max }: HashRange, hash: number): boolean {
  return min <= hash && hash <= max;
}
