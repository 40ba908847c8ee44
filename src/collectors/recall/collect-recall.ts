/**
 * An estimate of how many of the nearest records the indexes find. At each look, one shard of every
 * collection is asked for the neighbours of a few of its own records, through the index and row by row. The
 * latter reads the whole shard, so looks are rare, and a shard that takes too long is left out. What a look
 * has no time for, the next one begins with.
 */

import type { ReadStatements } from "../../shards/read-statements.ts";
import type { FoundRow } from "../../shards/sql/search.ts";
import type { Row, Statement } from "../../shards/statement.ts";
import {
  type Collection,
  type Node,
  primaryOf,
  type Shard,
  type ShardMap,
} from "../../topology/shard-map.ts";
import { askNodes, type Look } from "../ask-nodes.ts";
import type { MonitoredNodes } from "../types.ts";

export interface RecallOptions {
  readonly nodes: MonitoredNodes;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: number) => string;
  readonly statements: Pick<ReadStatements, "searchStatement" | "decodeFound">;
  /** As a search without parameters of its own would have them. */
  readonly parametersOf: (
    collection: Collection,
    vector: Float32Array,
    topK: number,
  ) => { readonly candidates: number; readonly efSearch: number };
  /** 0 to 1. */
  readonly random: () => number;
  /** How long a look may take. */
  readonly budgetMs: number;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** By table: 0 to 1. Tables of which nothing could be measured are absent. */
export type RecallEstimates = ReadonlyMap<string, number>;

const TOP = 10;
const QUERIES = 5;
/** Looks that an estimate is the mean of. */
const REMEMBERED = 10;
const NOTHING_WANTED = { value: false, metadata: false, vector: false } as const;

export function createRecallCollector(options: RecallOptions): (look: Look) => Promise<RecallEstimates> {
  const measured = new Map<number, readonly number[]>();
  /** The collection that the next look begins with. */
  let next = 0;

  return async (look) => {
    const map = options.map();
    // Two statements may begin and each take as long as a node may.
    const untilMs = options.monotonicMs() + options.budgetMs - 2 * look.nodeTimeoutMs;
    const inTime = () => options.monotonicMs() < untilMs;
    for (const id of measured.keys())
      if (!map.collections.some((collection) => collection.id === id)) measured.delete(id);
    const first = next;
    for (const [at] of map.collections.entries()) {
      const collection = map.collections[(first + at) % map.collections.length] as Collection;
      if (!inTime()) break;
      next = (first + at + 1) % map.collections.length;
      const shard = collection.shards[Math.floor(options.random() * collection.shards.length)];
      const node = shard && primaryOf(map, shard.group);
      if (shard === undefined || node === undefined) continue;
      const recall = await measure({ collection, shard, node }, { ...options, inTime }, look);
      if (recall === undefined) continue;
      const before = measured.get(collection.id) ?? [];
      measured.set(collection.id, [...before, recall].slice(-REMEMBERED));
    }
    return new Map(
      map.collections.flatMap(({ id, table }) => {
        const values = measured.get(id);
        return values === undefined ? [] : [[table, mean(values)] as const];
      }),
    );
  };
}

interface Sampled {
  readonly collection: Collection;
  readonly shard: Shard;
  readonly node: Node;
}

/** undefined: the shard is empty, or did not answer. */
async function measure(
  of: Sampled,
  options: RecallOptions & { readonly inTime: () => boolean },
  look: Look,
): Promise<number | undefined> {
  const { node } = of;
  const ask = async <T>(statement: Statement, decode: (row: Row) => T) => {
    const question = [{ node, statement }];
    const answers = await askNodes(options.nodes, question, (rows) => rows.map(decode), look);
    return answers.get(node) ?? [];
  };
  const vectors = await ask(sampleStatement(of, options), ([vector]) => vector as Float32Array);
  const recalls: number[] = [];
  for (const vector of vectors) {
    if (!options.inTime()) break;
    const decode = (row: Row) => options.statements.decodeFound(row, NOTHING_WANTED);
    const truth = await ask(nearest(of, vector, "exact", options), decode);
    // A shard that is too large to be read in time will be so for the next record, too.
    if (truth.length === 0) break;
    const found = await ask(nearest(of, vector, "ann", options), decode);
    recalls.push(recallOf(found, truth));
  }
  return recalls.length === 0 ? undefined : mean(recalls);
}

/** Some records at random. What one page gives is alike, so more are read than are taken. */
function sampleStatement({ collection, shard }: Sampled, { relationOf }: RecallOptions): Statement {
  return {
    text: `SELECT embedding FROM (SELECT embedding FROM ${relationOf(collection, shard.id)} TABLESAMPLE SYSTEM (10) LIMIT 500) s
ORDER BY random() LIMIT ${QUERIES}`,
    values: [],
    prepare: false,
  };
}

function nearest(
  { collection, shard }: Sampled,
  vector: Float32Array,
  strategy: "exact" | "ann",
  { relationOf, statements, parametersOf }: RecallOptions,
): Statement {
  const relation = relationOf(collection, shard.id);
  const { candidates, efSearch } = parametersOf(collection, vector, TOP);
  return statements.searchStatement({
    vector,
    quantization: collection.quantization,
    branches: [
      { relation, shardId: shard.id, shardKeys: "all", strategy, isCertain: true, limit: TOP, efSearch },
    ],
    mostRows: TOP,
    candidates,
    wanted: NOTHING_WANTED,
  });
}

/** Equal similarities may be either: a hit as near as the farthest of the truth counts as found. */
export function recallOf(found: readonly FoundRow[], truth: readonly FoundRow[]): number {
  const farthest = Math.min(...truth.map(({ similarity }) => similarity));
  const near = found.filter(({ similarity }) => similarity >= farthest - 1e-6).length;
  return Math.min(near, truth.length) / truth.length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
