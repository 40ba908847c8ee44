/**
 * Where the pieces of a shard group that is cut go.
 *
 * A piece that is made on the node of the shard group itself may keep Citus from ever ending the cut: that
 * node then publishes the changes of the piece's own table, which gets its primary key only after the
 * replication slots are made, so every update or delete committed in between fails at each attempt
 * (https://github.com/citusdata/citus/issues/6790). So while records are written, pieces are made on other
 * nodes, and one that belongs on the node of the shard group is moved there afterwards. Pure.
 */
import { diskHasRoom } from "../servers/judge-disk.ts";
import type { GroupId, HashRange } from "../topology/shard-map.ts";
import { checkReceiver } from "./check-move.ts";
import type { ClusterInventory, NodeInventory, ShardGroup } from "./cluster-inventory.ts";
import { type BalanceStrategy, costOf, nodeCosts } from "./costs.ts";

/** One of the shard groups that are made of one. */
export interface Piece {
  /** undefined: where it is cut is not known yet. */
  readonly range: HashRange | undefined;
  /** Its part of the bytes and of the costs, 0 to 1. */
  readonly share: number;
  /** The node group that is to hold it in the end; undefined: any. */
  readonly wanted: GroupId | undefined;
}

export interface PlacedPiece {
  readonly range: HashRange | undefined;
  /** Estimated; tables and indexes. */
  readonly bytes: number;
  /** Name of the node that it is made on. */
  readonly node: string;
  /** Name of the node that it is moved to afterwards; undefined: it stays. */
  readonly movedTo: string | undefined;
}

export interface PiecesRequest {
  readonly shardGroup: ShardGroup;
  /** In the order of their hashes. */
  readonly pieces: readonly Piece[];
  readonly strategy: BalanceStrategy;
  /** Whether pieces may be made on the node of the shard group; then they are, unless wanted elsewhere. */
  readonly mayStay: boolean;
}

/**
 * - `placed`: in the order of the pieces.
 * - `alone`: no other node may hold shard groups.
 * - `unfit`: why the other nodes cannot, a sentence each.
 */
export type PiecesPlacement =
  | { readonly kind: "placed"; readonly pieces: readonly PlacedPiece[] }
  | { readonly kind: "alone" }
  | { readonly kind: "unfit"; readonly node: string; readonly reasons: readonly string[] };

export function placePieces(inventory: ClusterInventory, request: PiecesRequest): PiecesPlacement {
  const { shardGroup, pieces, mayStay } = request;
  const source = inventory.nodes.find(({ group }) => group === shardGroup.group);
  const others = inventory.nodes.filter((node) => node.state === "active" && node !== source);
  const needsOthers = pieces.some(({ wanted }) =>
    mayStay ? wanted !== undefined && wanted !== shardGroup.group : true,
  );
  if (source === undefined || (needsOthers && others.length === 0)) return { kind: "alone" };

  const room = new Room(inventory, request);
  const placed = new Map<Piece, PlacedPiece>();
  // The largest first, while every node still has room for it.
  for (const piece of pieces.toSorted((a, b) => b.share - a.share)) {
    const { wanted, range } = piece;
    const bytes = Math.round(shardGroup.bytes * piece.share);
    const fixed = wanted === undefined && mayStay ? source.group : wanted;
    const returns = fixed === source.group && !mayStay;
    const candidates =
      fixed === undefined || returns ? others : inventory.nodes.filter(({ group }) => group === fixed);
    const node = room.take(candidates, piece);
    if (node === undefined) return { kind: "unfit", ...room.reasons(candidates, piece) };
    if (returns && room.take([source], piece) === undefined) {
      return { kind: "unfit", ...room.reasons([source], piece) };
    }
    placed.set(piece, { range, bytes, node: node.name, movedTo: returns ? source.name : undefined });
  }
  return { kind: "placed", pieces: pieces.map((piece) => placed.get(piece) as PlacedPiece) };
}

/** What nodes carry, and have room for, while pieces are given to them one after the other. */
class Room {
  readonly #shardGroup: ShardGroup;
  readonly #strategy: BalanceStrategy;
  readonly #costs: Map<NodeInventory, number>;
  readonly #arrived = new Map<NodeInventory, number>();

  constructor({ nodes, shardGroups }: ClusterInventory, { shardGroup, strategy }: PiecesRequest) {
    this.#shardGroup = shardGroup;
    this.#strategy = strategy;
    const costs = nodeCosts(nodes, shardGroups, strategy);
    this.#costs = new Map(nodes.map((node, index) => [node, costs[index] ?? 0]));
  }

  /** The one of them that carries least and can take the piece; from then on it has it. */
  take(candidates: readonly NodeInventory[], { share }: Piece): NodeInventory | undefined {
    const [node] = candidates
      .filter((candidate) => this.#why(candidate, share).length === 0)
      .toSorted((a, b) => this.#costAt(a) - this.#costAt(b) || this.#bytesAt(a) - this.#bytesAt(b));
    if (node === undefined) return undefined;
    this.#costs.set(node, this.#costAt(node) + costOf(this.#shardGroup, this.#strategy) * share);
    this.#arrived.set(node, this.#bytesAt(node) + this.#shardGroup.bytes * share);
    return node;
  }

  reasons(candidates: readonly NodeInventory[], { share }: Piece) {
    const reasons = candidates.flatMap((candidate) => this.#why(candidate, share));
    return { node: candidates[0]?.name ?? "", reasons: [...new Set(reasons)] };
  }

  #costAt(node: NodeInventory): number {
    return this.#costs.get(node) ?? 0;
  }

  #bytesAt(node: NodeInventory): number {
    return this.#arrived.get(node) ?? 0;
  }

  #why(node: NodeInventory, share: number): readonly string[] {
    const reasons = checkReceiver(node)
      .filter(({ severity }) => severity === "blocking")
      .map(({ message }) => message);
    const bytes = this.#bytesAt(node) + this.#shardGroup.bytes * share;
    return diskHasRoom(node.disk, bytes)
      ? reasons
      : [...reasons, `${node.name} would have less than a tenth of its disk free`];
  }
}
