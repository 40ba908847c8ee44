/**
 * Which node group gets which range of a new collection. Pure; afterwards the catalogs alone say where a
 * shard is.
 */
import HashRing from "hashring";
import type { GroupId, HashRange } from "../../topology/shard-map.ts";

const RING_START = -(2 ** 31);
const RING_SIZE = 2 ** 32;

export interface Placement extends HashRange {
  readonly group: GroupId;
}

/**
 * The whole ring in `count` contiguous ranges; like Citus, the last one is longer by what does not divide.
 */
export function cutRing(count: number): readonly HashRange[] {
  const size = Math.floor(RING_SIZE / count);
  return Array.from({ length: count }, (_, index) => ({
    min: RING_START + index * size,
    max: index === count - 1 ? RING_START + RING_SIZE - 1 : RING_START + (index + 1) * size - 1,
  }));
}

/**
 * Spreads the ranges over the groups by consistent hashing (ketama) with bounded loads: a range goes to the
 * first group after its point that has room, and every group gets the same number, or one more. So no group
 * is left without shards unless there are fewer shards than groups, and different collections spread
 * differently.
 */
export function placeShards(
  collection: string,
  count: number,
  groups: readonly GroupId[],
): readonly Placement[] {
  const ring = new HashRing(groups.map(String));
  const share = Math.floor(count / groups.length);
  const held = new Map<GroupId, number>(groups.map((group) => [group, 0]));
  let spare = count % groups.length;
  return cutRing(count).map((range, index) => {
    const candidates = ring.range(`${collection}/${index}`, groups.length).map(Number);
    const group = candidates.find((id) => {
      const shards = held.get(id) ?? 0;
      return shards < share || (shards === share && spare > 0);
    });
    if (group === undefined) throw new RangeError(`no node group has room for shard ${index} of ${count}`);
    const shards = held.get(group) ?? 0;
    if (shards === share) spare -= 1;
    held.set(group, shards + 1);
    return { ...range, group };
  });
}
