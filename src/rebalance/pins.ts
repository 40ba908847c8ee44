/** Where pins allow shard groups to be: only where all pins of their namespaces want them. Pure. */
import type { GroupId, ShardId } from "../topology/shard-map.ts";
import type { Pin } from "./cluster-inventory.ts";

export interface PinnedPlacement {
  /** The only node group that may hold the shard group; undefined: any. */
  groupOf(shard: ShardId): GroupId | undefined;
  /** Pins that want one shard group on different node groups. */
  readonly conflicts: readonly { readonly shard: ShardId; readonly pins: readonly Pin[] }[];
}

export function pinnedPlacement(pins: readonly Pin[]): PinnedPlacement {
  const byShard = new Map<ShardId, Pin[]>();
  for (const pin of pins) {
    const others = byShard.get(pin.shard);
    if (others === undefined) byShard.set(pin.shard, [pin]);
    else others.push(pin);
  }
  const conflicts = [...byShard]
    .filter(([, [first, ...others]]) => others.some(({ group }) => group !== first?.group))
    .map(([shard, conflicting]) => ({ shard, pins: conflicting }));
  return { groupOf: (shard) => byShard.get(shard)?.[0]?.group, conflicts };
}
