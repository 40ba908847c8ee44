/** How the data lies on the cluster: sizes of shards and node groups, and how uneven those are. */

import { type Advice, adviseParameters } from "../../advice/advise-parameters.ts";
import type { SearchSettings } from "../../advice/known-cluster.ts";
import { ROWS_PER_SHARD } from "../../rebalance/advise-placement.ts";
import { imbalance } from "../../rebalance/imbalance.ts";
import type { NodeMemory } from "../../servers/server-facts.ts";
import type { Row } from "../../shards/statement.ts";
import {
  type Collection,
  type GroupId,
  type Node,
  primaryOf,
  type ShardId,
  type ShardMap,
} from "../../topology/shard-map.ts";
import { askNodes, type Look } from "../ask-nodes.ts";
import type { MonitoredNodes } from "../types.ts";
import { BaselineKeeper, type BaselineOptions } from "./keep-baselines.ts";
import { decodeMemory, decodeSize, type ShardSize, sizeStatement } from "./size-statement.ts";
import { bloatOf } from "./track-bloat.ts";

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
  /** Node groups that hold shards or may. */
  readonly nodes: readonly Node[];
  readonly tables: readonly TableBalance[];
  /** Settings that are not what is advised for what there is. */
  readonly advice: readonly Advice[];
  readonly imbalance: {
    readonly bytes: number;
    readonly rows: number;
    /** undefined: nobody reports load. */
    readonly load: number | undefined;
  };
}

export interface BalanceOptions {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  /** Node groups that may get shards; undefined when nobody can tell: then those that hold some. */
  readonly mayHoldShards: (look: Look) => Promise<readonly GroupId[] | undefined>;
  /** By shard, over all coordinators; undefined: nobody reports it. */
  readonly load: () => Promise<ReadonlyMap<ShardId, number> | undefined>;
  readonly baselines: BaselineOptions;
  readonly searches: SearchSettings;
  /** As KnownCluster has them. */
  readonly indexWorkers: number;
}

interface Placed {
  readonly shard: ShardId;
  readonly table: string;
  readonly node: Node;
}

/** A node that does not answer keeps the sizes seen last, so that the sums do not jump. */
export function createBalanceCollector(options: BalanceOptions) {
  const { nodes, map, relationOf, mayHoldShards, load, searches, indexWorkers } = options;
  const keeper = new BaselineKeeper(options.baselines);
  let sizes: ReadonlyMap<ShardId, ShardSize> = new Map();
  let memories: ReadonlyMap<string, NodeMemory> = new Map();

  return async (look: Look): Promise<Balance> => {
    const present = map();
    const placed = placedShards(present, relationOf);
    // Side by side: each may take as long as one node may.
    const [groups, answered, loads] = await Promise.all([
      mayHoldShards(look),
      askSizes(nodes, placed, look),
      load(),
      keeper.read(look),
    ]);
    sizes = new Map(
      [...placed].flatMap(([relation, { shard }]) => {
        const size = answered.sizes.get(relation) ?? sizes.get(shard);
        return size === undefined ? [] : [[shard, size] as const];
      }),
    );
    const weights = [...placed].flatMap(([relation, { shard, node }]) => {
      const size = answered.sizes.get(relation);
      return size === undefined ? [] : [{ ...size, shard, group: node.group }];
    });
    memories = new Map([...memories, ...answered.memories]);
    const ids = new Set([...placed.values()].map(({ shard }) => shard));
    const baselines = keeper.next(weights, ids);
    await keeper.write(ids, look);
    const shards = [...placed.values()].flatMap(({ shard: id, table, node }) => {
      const size = sizes.get(id);
      if (size === undefined) return [];
      const { bytes, indexBytes, rows } = size;
      return [{ id, table, node, bytes, indexBytes, rows, indexBloat: bloatOf(baselines.get(id), size) }];
    });
    const holding = shards.map(({ node }) => node.group);
    const balanced = primaries(present, groups ?? holding);
    // Over the nodes that planning balances: what a draining one still has is on its way out.
    const uneven = (amount: (shard: ShardBalance) => number) =>
      imbalance(
        balanced.map(({ group }) =>
          sumOf(
            shards.filter(({ node }) => node.group === group),
            amount,
          ),
        ),
      );
    return {
      shards,
      nodes: primaries(present, [...(groups ?? []), ...holding]),
      tables: tableBalances(shards),
      advice: adviseParameters({
        collections: present.collections,
        nodes: present.nodes.flatMap(({ name }) => {
          const memory = memories.get(name);
          return memory === undefined ? [] : [{ name, memory }];
        }),
        shards: shards.map(({ id, node, ...shard }) => ({ ...shard, name: `shard ${id}`, node: node.name })),
        searches,
        indexWorkers,
      }),
      imbalance: {
        bytes: uneven(({ bytes }) => bytes),
        rows: uneven(({ rows }) => rows),
        load: loads === undefined ? undefined : uneven(({ id }) => loads.get(id) ?? 0),
      },
    };
  };
}

/** By relation. */
function placedShards(map: ShardMap, relationOf: BalanceOptions["relationOf"]): ReadonlyMap<string, Placed> {
  return new Map(
    map.collections.flatMap((collection) =>
      collection.shards.flatMap(({ id, group }) => {
        const node = primaryOf(map, group);
        const { table } = collection;
        return node === undefined ? [] : [[relationOf(collection, id), { shard: id, table, node }] as const];
      }),
    ),
  );
}

async function askSizes(
  nodes: MonitoredNodes,
  placed: ReadonlyMap<string, Placed>,
  look: Look,
): Promise<{
  /** By relation. */
  readonly sizes: ReadonlyMap<string, ShardSize>;
  /** By node. */
  readonly memories: readonly (readonly [string, NodeMemory])[];
}> {
  const relations = new Map<Node, string[]>();
  for (const [relation, { node }] of placed) relations.set(node, [...(relations.get(node) ?? []), relation]);
  const questions = [...relations].map(([node, of]) => ({ node, statement: sizeStatement(of) }));
  const decode = (rows: readonly Row[]) => ({ sizes: rows.map(decodeSize), memory: decodeMemory(rows) });
  const answers = [...(await askNodes(nodes, questions, decode, look))];
  return {
    sizes: new Map(answers.flatMap(([, { sizes }]) => sizes.map((size) => [size.relation, size] as const))),
    memories: answers.flatMap(([{ name }, { memory }]) =>
      memory === undefined ? [] : [[name, memory] as const],
    ),
  };
}

function primaries(map: ShardMap, groups: readonly GroupId[]): readonly Node[] {
  return [...new Set(groups)].sort((a, b) => a - b).flatMap((group) => primaryOf(map, group) ?? []);
}

function tableBalances(shards: readonly ShardBalance[]): readonly TableBalance[] {
  const tables = new Map<string, number>();
  for (const { table, rows } of shards)
    tables.set(table, (tables.get(table) ?? 0) + Number(rows > ROWS_PER_SHARD));
  return [...tables].map(([table, oversized]) => ({ table, oversized }));
}

function sumOf<T>(values: readonly T[], amount: (value: T) => number): number {
  return values.reduce((sum, value) => sum + amount(value), 0);
}
