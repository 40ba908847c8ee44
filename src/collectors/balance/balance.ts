/** The balance of the cluster, computed from what one sample knows of its shards. Pure. */
import { type Advice, adviseParameters } from "../../advice/advise-parameters.ts";
import type { SearchSettings } from "../../advice/known-cluster.ts";
import { ROWS_PER_SHARD } from "../../rebalance/advise-placement.ts";
import { imbalance } from "../../rebalance/imbalance.ts";
import type { NodeMemory } from "../../servers/node-memory.ts";
import { type GroupId, type Node, primaryOf, type ShardId, type ShardMap } from "../../topology/shard-map.ts";

export interface ShardBalance {
  readonly id: ShardId;
  readonly table: string;
  readonly node: Node;
  readonly bytes: number;
  readonly indexBytes: number;
  readonly rows: number;
  /** undefined: unknown. */
  readonly indexBloat: number | undefined;
}

export interface TableBalance {
  readonly table: string;
  /** Shards with more rows than one should have. */
  readonly oversized: number;
}

export interface Balance {
  readonly shards: readonly ShardBalance[];
  /** Primaries of the node groups that hold shards or may get some. */
  readonly nodes: readonly Node[];
  readonly tables: readonly TableBalance[];
  /** Settings that differ from what is advised for the data there is. */
  readonly advice: readonly Advice[];
  readonly imbalance: {
    readonly bytes: number;
    readonly rows: number;
    /** undefined: no coordinator reports load. */
    readonly load: number | undefined;
  };
}

export interface SampledShards {
  readonly map: ShardMap;
  readonly shards: readonly ShardBalance[];
  /** Node groups that may get shards; undefined when unknown: then those that hold some. */
  readonly placeable: readonly GroupId[] | undefined;
  /** By shard; undefined: no coordinator reports load. */
  readonly loads: ReadonlyMap<ShardId, number> | undefined;
  /** By node. */
  readonly memories: ReadonlyMap<string, NodeMemory>;
}

export interface AdviceSettings {
  readonly searches: SearchSettings;
  /** As KnownCluster has them. */
  readonly indexWorkers: number;
  readonly shardsMove: boolean;
}

export function balanceOf(sampled: SampledShards, settings: AdviceSettings): Balance {
  const { map, shards, placeable, loads } = sampled;
  const holding = shards.map(({ node }) => node.group);
  // Only nodes that the planner balances: what a draining node still holds is about to leave.
  const balanced = primariesOf(map, placeable ?? holding);
  const uneven = (amount: (shard: ShardBalance) => number) =>
    imbalance(
      balanced.map(({ group }) =>
        shards.filter(({ node }) => node.group === group).reduce((total, shard) => total + amount(shard), 0),
      ),
    );
  return {
    shards,
    nodes: primariesOf(map, [...(placeable ?? []), ...holding]),
    tables: tableBalances(shards),
    advice: adviceFor(sampled, settings),
    imbalance: {
      bytes: uneven(({ bytes }) => bytes),
      rows: uneven(({ rows }) => rows),
      load: loads === undefined ? undefined : uneven(({ id }) => loads.get(id) ?? 0),
    },
  };
}

function adviceFor(
  { map, shards, memories }: SampledShards,
  { searches, indexWorkers, shardsMove }: AdviceSettings,
): readonly Advice[] {
  return adviseParameters({
    collections: map.collections,
    nodes: map.nodes.flatMap(({ name }) => {
      const memory = memories.get(name);
      return memory === undefined ? [] : [{ name, memory }];
    }),
    shards: shards.map(({ id, node, ...shard }) => ({ ...shard, name: `shard ${id}`, node: node.name })),
    searches,
    indexWorkers,
    shardsMove,
  });
}

function primariesOf(map: ShardMap, groups: readonly GroupId[]): readonly Node[] {
  return [...new Set(groups)].sort((a, b) => a - b).flatMap((group) => primaryOf(map, group) ?? []);
}

function tableBalances(shards: readonly ShardBalance[]): readonly TableBalance[] {
  const tables = new Map<string, number>();
  for (const { table, rows } of shards)
    tables.set(table, (tables.get(table) ?? 0) + Number(rows > ROWS_PER_SHARD));
  return [...tables].map(([table, oversized]) => ({ table, oversized }));
}
