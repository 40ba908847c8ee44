/** What an admin can do besides moving shards: isolate namespaces, split shards. Pure. */

import type { ShardId } from "../topology/shard-map.ts";
import type { ClusterInventory, LargeNamespace, ShardGroup } from "./cluster-inventory.ts";
import { type BalanceStrategy, costOf } from "./costs.ts";

export interface IsolationAdvice {
  readonly collection: string;
  readonly namespace: string;
  readonly shard: ShardId;
  readonly rows: number;
  /** Of the rows of its shard group, 0 to 1. */
  readonly share: number;
  readonly reason: string;
}

export interface ShardCountAdvice {
  readonly collection: string;
  readonly shardCount: number;
  readonly advised: number;
  readonly rows: number;
  readonly reason: string;
}

const MOST_ISOLATIONS = 10;
/** A namespace with this share of its shard group is as good as isolated. */
const ALONE_SHARE = 0.98;
const LARGE_SHARE = 0.25;
/** Largest size of a shard: with more rows, its index is slow to build and to move. */
export const ROWS_PER_SHARD = 3_000_000;
const FEWEST_SHARDS = 4;

/** The namespaces that gain most from a shard group of their own, the largest first. */
export function adviseIsolations(
  { shardGroups, nodes, largeNamespaces }: ClusterInventory,
  strategy: BalanceStrategy,
): readonly IsolationAdvice[] {
  const byShard = new Map(shardGroups.map((group) => [group.shard, group]));
  const active = nodes.filter(({ state }) => state === "active").length;
  const total = shardGroups.reduce((sum, group) => sum + costOf(group, strategy), 0);
  const meanPerNode = total / Math.max(1, active);
  return largeNamespaces
    .flatMap((large): IsolationAdvice[] => {
      const group = byShard.get(large.shard);
      if (group === undefined || group.min === group.max || group.rows === 0) return [];
      const share = Math.min(1, large.rows / group.rows);
      const reason = reasonFor(large, { group, share, meanPerNode, cost: costOf(group, strategy) });
      if (share >= ALONE_SHARE || reason === undefined) return [];
      return [{ ...large, share, reason }];
    })
    .sort((a, b) => b.rows - a.rows || (a.namespace < b.namespace ? -1 : 1))
    .slice(0, MOST_ISOLATIONS);
}

function reasonFor(
  { rows }: LargeNamespace,
  {
    group,
    share,
    meanPerNode,
    cost,
  }: {
    readonly group: ShardGroup;
    readonly share: number;
    readonly meanPerNode: number;
    readonly cost: number;
  },
): string | undefined {
  const reasons: string[] = [];
  if (cost > meanPerNode / 2 && cost > 0) {
    const part = Math.round((cost / meanPerNode) * 100);
    reasons.push(
      `its shard weighs ${part} % of what a node carries on average, too much to be balanced whole`,
    );
  }
  if (rows > ROWS_PER_SHARD) reasons.push(`it alone is larger than a shard should be`);
  if (share >= LARGE_SHARE) {
    reasons.push(
      `it is ${Math.round(share * 100)} % of shard ${group.shard}, whose other namespaces share its index`,
    );
  }
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

/** For every collection: max(4, rows / 3,000,000 + 1). */
export function adviseShardCounts({
  shardGroups,
}: {
  readonly shardGroups: readonly Pick<ShardGroup, "collection" | "shard" | "rows">[];
}): readonly ShardCountAdvice[] {
  const collections = new Map<string, Pick<ShardGroup, "shard" | "rows">[]>();
  for (const group of shardGroups) {
    const others = collections.get(group.collection);
    if (others === undefined) collections.set(group.collection, [group]);
    else others.push(group);
  }
  return [...collections].map(([collection, groups]) => {
    const rows = groups.reduce((sum, group) => sum + group.rows, 0);
    const advised = Math.max(FEWEST_SHARDS, Math.floor(rows / ROWS_PER_SHARD) + 1);
    const outgrown = groups.filter((group) => group.rows > ROWS_PER_SHARD).map(({ shard }) => shard);
    return {
      collection,
      shardCount: groups.length,
      advised,
      rows,
      reason: shardCountReason(groups.length, advised, outgrown),
    };
  });
}

function shardCountReason(count: number, advised: number, outgrown: readonly number[]): string {
  if (outgrown.length > 0) {
    return `split ${outgrown.length === 1 ? "shard" : "shards"} ${outgrown.join(", ")}: more than 3,000,000 rows each`;
  }
  return count < advised ? "split the largest shards" : "enough";
}
