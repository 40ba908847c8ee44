/**
 * Measures the recall of one shard: searches for the neighbours of a few of its own records, through the
 * index and by an exact scan, and compares.
 */
import type { ReadStatements } from "../../shards/read-statements.ts";
import type { FoundRow } from "../../shards/sql/search.ts";
import type { Row, Statement } from "../../shards/statement.ts";
import type { Collection, Node, Shard } from "../../topology/shard-map.ts";
import { queryNodes } from "../query-nodes.ts";
import type { SampleContext } from "../sample.ts";
import type { MonitoredNodes } from "../types.ts";

/** How shards are queried. */
export interface RecallQueries {
  readonly nodes: MonitoredNodes;
  readonly relationOf: (collection: Collection, shard: number) => string;
  readonly statements: Pick<ReadStatements, "searchStatement" | "decodeFound">;
  /** How a search of the whole shard is planned when it sets no parameters of its own. */
  readonly parametersOf: (shard: MeasuredShard, vector: Float32Array, topK: number) => SearchParameters;
  /**
   * Moves a stored vector away from its place, by half the distance to a record of this similarity: as it is
   * it is found more easily than what users search for.
   */
  readonly moveVector: (vector: Float32Array, similarity: number, collection: Collection) => Float32Array;
}

export interface SearchParameters {
  readonly vector: Float32Array;
  readonly candidates: number;
  readonly efSearch: number;
  /** No width of the index has the recall wanted: such a search compares all records. */
  readonly exact: boolean;
}

export interface MeasuredShard {
  readonly collection: Collection;
  readonly shard: Shard;
  readonly node: Node;
}

export interface MeasuredRecall {
  /** Mean of the searches, 0 to 1. */
  readonly recall: number;
  /** True when a search was stuck among equal vectors: see `isStuck`. */
  readonly isStuck: boolean;
}

/** Equal vectors may differ in similarity by so much. */
const ROUNDING = 1e-6;
const TOP_K = 10;
const QUERY_VECTORS = 5;
const NOTHING_WANTED = { value: false, metadata: false, vector: false } as const;

/** undefined: the shard is empty, did not answer, or there was no time. */
export async function measureRecall(
  measured: MeasuredShard,
  queries: RecallQueries & { readonly inTime: () => boolean },
  context: SampleContext,
): Promise<MeasuredRecall | undefined> {
  const { node } = measured;
  const run = async <T>(statement: Statement, decode: (row: Row) => T | undefined) => {
    const query = [{ node, statement }];
    const decodeRows = (rows: readonly Row[]) => rows.map(decode).filter((value) => value !== undefined);
    const answers = await queryNodes(queries.nodes, query, decodeRows, context);
    return answers.get(node) ?? [];
  };
  const decode = (row: Row) =>
    queries.statements.decodeFound(row, NOTHING_WANTED, measured.collection.metric);
  const stored = await run(vectorsStatement(measured, queries), decodeStored);
  const recalls: number[] = [];
  let stuck = false;
  for (const record of stored) {
    if (!queries.inTime()) break;
    const others = (rows: readonly FoundRow[]) => rows.filter((row) => !isSame(row, record)).slice(0, TOP_K);
    const near = others(await run(nearestStatement(measured, record.vector, "ann", queries), decode));
    const similarity = near[0]?.similarity;
    const vector =
      similarity === undefined
        ? record.vector
        : queries.moveVector(record.vector, similarity, measured.collection);
    const truth = others(await run(nearestStatement(measured, vector, "exact", queries), decode));
    // A shard too large to be scanned in time is too large for the next vector as well.
    if (truth.length === 0) break;
    const found = queries.parametersOf(measured, vector, TOP_K).exact
      ? truth
      : others(await run(nearestStatement(measured, vector, "ann", queries), decode));
    recalls.push(recallOf(found, truth));
    stuck ||= isStuck(found, truth);
  }
  return recalls.length === 0 ? undefined : { recall: mean(recalls), isStuck: stuck };
}

interface StoredVector {
  readonly vector: Float32Array;
  readonly namespace: string;
  readonly key: string;
}

/** Undefined for a vector of zeros. */
function decodeStored([vector, namespace, key]: Row): StoredVector | undefined {
  if ((vector as Float32Array).every((value) => value === 0)) return undefined;
  return { vector: vector as Float32Array, namespace: String(namespace), key: String(key) };
}

const isSame = (row: FoundRow, { namespace, key }: StoredVector) =>
  row.namespace === namespace && row.key === key;

/** Vectors of random records. Those of one page resemble each other, so more are read than are used. */
function vectorsStatement({ collection, shard }: MeasuredShard, { relationOf }: RecallQueries): Statement {
  return {
    text: `SELECT embedding, namespace, key FROM (SELECT embedding, namespace, key FROM ${relationOf(collection, shard.id)} TABLESAMPLE SYSTEM (10) LIMIT 500) s
ORDER BY random() LIMIT ${QUERY_VECTORS}`,
    values: [],
    prepare: false,
  };
}

/** One row more than is measured, as the record itself is among them. */
function nearestStatement(
  measured: MeasuredShard,
  query: Float32Array,
  strategy: "exact" | "ann",
  { relationOf, statements, parametersOf }: RecallQueries,
): Statement {
  const { collection, shard } = measured;
  const relation = relationOf(collection, shard.id);
  const limit = TOP_K + 1;
  const { vector, candidates, efSearch } = parametersOf(measured, query, limit);
  return statements.searchStatement({
    vector,
    metric: collection.metric,
    quantization: collection.quantization,
    branches: [{ relation, shardId: shard.id, shardKeys: "all", strategy, limit, efSearch, candidates }],
    mostRows: limit,
    wanted: NOTHING_WANTED,
  });
}

/** Of rows with equal similarity any will do: one as near as the farthest of the truth counts as found. */
export function recallOf(found: readonly FoundRow[], truth: readonly FoundRow[]): number {
  const farthest = Math.min(...truth.map(({ similarity }) => similarity));
  const near = found.filter(({ similarity }) => similarity >= farthest - ROUNDING).length;
  return Math.min(near, truth.length) / truth.length;
}

/**
 * True when the index gave only records of one similarity, and others are nearer. Many equal vectors are
 * linked to each other and to little else, so that a search which comes upon them does not get away.
 */
export function isStuck(found: readonly FoundRow[], truth: readonly FoundRow[]): boolean {
  const similarities = found.map(({ similarity }) => similarity);
  const best = Math.max(...similarities);
  return (
    found.length > 1 &&
    best - Math.min(...similarities) <= ROUNDING &&
    truth.some(({ similarity }) => similarity > best + ROUNDING)
  );
}

/** Of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
