/** Samples how the data is spread over the cluster: sizes of shards and node groups. */
import type { NodeMemory } from "../../servers/node-memory.ts";
import type { Row } from "../../shards/statement.ts";
import {
  type Collection,
  type GroupId,
  type Node,
  primaryOf,
  type ShardId,
  type ShardMap,
} from "../../topology/shard-map.ts";
import { queryNodes } from "../query-nodes.ts";
import type { SampleContext, Sampler } from "../sample.ts";
import type { MonitoredNodes } from "../types.ts";
import { type AdviceSettings, type Balance, balanceOf } from "./balance.ts";
import { type BaselineOptions, BaselineStore } from "./baseline-store.ts";
import { decodeMemory, decodeSize, type RelationSize, sizeStatement } from "./size-statement.ts";
import { bloatOf } from "./track-bloat.ts";

export interface BalanceOptions extends AdviceSettings {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  /** Node groups that may get shards; undefined when that cannot be determined. */
  readonly placeableGroups: (context: SampleContext) => Promise<readonly GroupId[] | undefined>;
  /** By shard, over all coordinators; undefined: none reports any. */
  readonly load: () => Promise<ReadonlyMap<ShardId, number> | undefined>;
  readonly baselines: BaselineOptions;
}

interface PlacedShard {
  readonly shard: ShardId;
  readonly table: string;
  readonly node: Node;
}

/** For a node that does not answer, the sizes of the sample before stay, so that the sums do not jump. */
export function createBalanceSampler(options: BalanceOptions): Sampler<Balance> {
  const baselines = new BaselineStore(options.baselines);
  let sizes: ReadonlyMap<ShardId, RelationSize> = new Map();
  let memories: ReadonlyMap<string, NodeMemory> = new Map();

  return async (context) => {
    const map = options.map();
    const placed = placedShards(map, options.relationOf);
    // In parallel: each of them may take as long as a node may.
    const [placeable, answered, loads] = await Promise.all([
      options.placeableGroups(context),
      querySizes(options.nodes, placed, context),
      options.load(),
      baselines.load(context),
    ]);
    sizes = new Map(
      [...placed].flatMap(([relation, { shard }]) => {
        const size = answered.sizes.get(relation) ?? sizes.get(shard);
        return size === undefined ? [] : [[shard, size] as const];
      }),
    );
    memories = new Map([...memories, ...answered.memories]);
    const weights = [...placed].flatMap(([relation, { shard, node }]) => {
      const size = answered.sizes.get(relation);
      return size === undefined ? [] : [{ ...size, shard, group: node.group }];
    });
    const ids = new Set([...placed.values()].map(({ shard }) => shard));
    const present = baselines.update(weights, ids);
    await baselines.save(ids, context);
    const shards = [...placed.values()].flatMap(({ shard: id, table, node }) => {
      const size = sizes.get(id);
      if (size === undefined) return [];
      const { bytes, indexBytes, rows } = size;
      return [{ id, table, node, bytes, indexBytes, rows, indexBloat: bloatOf(present.get(id), size) }];
    });
    return balanceOf({ map, shards, placeable, loads, memories }, options);
  };
}

/** By relation. */
function placedShards(
  map: ShardMap,
  relationOf: BalanceOptions["relationOf"],
): ReadonlyMap<string, PlacedShard> {
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

async function querySizes(
  nodes: MonitoredNodes,
  placed: ReadonlyMap<string, PlacedShard>,
  context: SampleContext,
): Promise<{
  /** By relation. */
  readonly sizes: ReadonlyMap<string, RelationSize>;
  /** By node. */
  readonly memories: readonly (readonly [string, NodeMemory])[];
}> {
  const relations = new Map<Node, string[]>();
  for (const [relation, { node }] of placed) relations.set(node, [...(relations.get(node) ?? []), relation]);
  const queries = [...relations].map(([node, ofNode]) => ({ node, statement: sizeStatement(ofNode) }));
  const decode = (rows: readonly Row[]) => ({ sizes: rows.map(decodeSize), memory: decodeMemory(rows) });
  const answers = [...(await queryNodes(nodes, queries, decode, context))];
  return {
    sizes: new Map(answers.flatMap(([, { sizes }]) => sizes.map((size) => [size.relation, size] as const))),
    memories: answers.flatMap(([{ name }, { memory }]) =>
      memory === undefined ? [] : [[name, memory] as const],
    ),
  };
}
